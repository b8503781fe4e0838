// Ready to paste, for the tools people use. `key` may be a placeholder where the real one is no longer known.
import type { Status } from "@/api/contract";

export interface SnippetInput {
  baseUrl: string;
  key: string;
  model: string;
}

/** While the listener is stopped there is no base URL; its address is where it will be again. */
export const fallbackBaseUrl = (status: Status | undefined) => `http://${status?.listener.address ?? "127.0.0.1:4000"}`;

export const curlLine = ({ baseUrl, key, model }: SnippetInput) =>
  `curl ${baseUrl}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`;

export interface Snippet {
  id: string;
  label: string;
  /** Where it goes, and what to know first. */
  note: string;
  code: (input: SnippetInput) => string;
}

export const SNIPPETS: Snippet[] = [
  { id: "curl", label: "curl", note: "In a terminal.", code: curlLine },
  {
    id: "openai",
    label: "OpenAI SDK",
    note: "Python, with pip install openai. Other languages take the same two settings.",
    code: ({ baseUrl, key, model }) => `from openai import OpenAI

client = OpenAI(base_url="${baseUrl}/v1", api_key="${key}")
reply = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(reply.choices[0].message.content)`,
  },
  {
    id: "anthropic",
    label: "Anthropic SDK",
    note: "Python, with pip install anthropic. The model has to be one of an Anthropic provider.",
    code: ({ baseUrl, key, model }) => `from anthropic import Anthropic

client = Anthropic(base_url="${baseUrl}", api_key="${key}")
reply = client.messages.create(
    model="${model}",
    max_tokens=256,
    messages=[{"role": "user", "content": "Hello"}],
)
print(reply.content[0].text)`,
  },
  {
    id: "claude-code",
    label: "Claude Code",
    note: 'In the shell that starts it, or under "env" in ~/.claude/settings.json. The base URL is without /v1. It needs an Anthropic provider.',
    code: ({ baseUrl, key }) => `export ANTHROPIC_BASE_URL="${baseUrl}"
export ANTHROPIC_AUTH_TOKEN="${key}"
claude`,
  },
  {
    id: "codex",
    label: "Codex",
    note: "In ~/.codex/config.toml, with POSTERN_KEY set in the environment. Codex speaks only the Responses format, so it works once this gateway serves /v1/responses.",
    code: ({ baseUrl, key, model }) => `# export POSTERN_KEY="${key}"
model = "${model}"
model_provider = "postern"

[model_providers.postern]
name = "Postern"
base_url = "${baseUrl}/v1"
env_key = "POSTERN_KEY"
wire_api = "responses"`,
  },
  {
    id: "cursor",
    label: "Cursor",
    note: "Settings › Models › API Keys. Cursor calls from its own servers, which cannot reach this machine: it needs a public address (a tunnel) in place of the one below.",
    code: ({ baseUrl, key }) => `OpenAI API Key:           ${key}
Override OpenAI Base URL: ${baseUrl}/v1`,
  },
];
