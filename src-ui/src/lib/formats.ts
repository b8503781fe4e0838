// Wire formats in words. An unknown one is shown as it is, with its underscores taken out.
import type { FormatName } from "@/api/contract";

const FORMATS: Record<FormatName | "embeddings" | "pass_through", string> = {
  openai_chat: "OpenAI chat",
  openai_responses: "OpenAI responses",
  openai_completions: "OpenAI completions",
  anthropic_messages: "Anthropic messages",
  gemini: "Gemini",
  bedrock_converse: "Bedrock Converse",
  cohere: "Cohere chat",
  ollama: "Ollama chat",
  ollama_generate: "Ollama generate",
  embeddings: "Embeddings",
  pass_through: "The provider's own",
};

const known: Record<string, string | undefined> = FORMATS;

export const formatName = (id: string) => known[id] ?? id.replaceAll("_", " ");

/** What a request came in and what the provider was asked in; nobody was asked where there is no second one. */
export function translation(asked: string, sent: string | null) {
  if (!sent) return formatName(asked);
  // The ledger says whose embeddings they were sent as, not which ones were asked for.
  if (asked === "embeddings") return `Embeddings, sent in ${formatName(sent).split(" ")[0]}'s format`;
  return sent === asked
    ? `${formatName(asked)}, passed through as it is`
    : `${formatName(asked)} → ${formatName(sent)}, translated`;
}
