import type { Provider } from "@/api/contract";
import type { Tone } from "@/components/controls";

type State = Provider["credential"]["state"];

const STATES: Record<State, { tone: Tone; word: string }> = {
  stored: { tone: "ok", word: "Key stored" },
  not_needed: { tone: "neutral", word: "No key needed" },
  missing: { tone: "bad", word: "Key missing" },
  unavailable: { tone: "warn", word: "Vault not available" },
  refused: { tone: "bad", word: "Key refused" },
};

export const credentialState = ({ state, hint }: Provider["credential"]) => ({
  tone: STATES[state].tone,
  text: state === "stored" && hint ? `Key ${hint}` : STATES[state].word,
});

const FORMATS: Record<Provider["format"], string> = {
  openai_chat: "OpenAI format",
  openai_responses: "OpenAI responses format",
  anthropic_messages: "Anthropic format",
  gemini: "Gemini format",
};

export const formatName = (format: Provider["format"]) => FORMATS[format];
