import type { Served } from "@/api/contract";

const WORDS: Record<Served, string> = {
  chat: "chat",
  responses: "responses",
  messages: "messages",
  gemini: "Gemini",
  ollama: "Ollama",
  cohere: "Cohere",
  bedrock: "Converse",
  completions: "completions",
  embeddings: "embeddings",
  rerank: "rerank",
  images: "images",
  speech: "speech",
  transcriptions: "transcriptions",
  moderations: "moderations",
  realtime: "realtime",
  batches: "batches",
  files: "files",
  fine_tuning: "fine-tuning",
  ocr: "OCR",
  video: "video",
};

export const servedWords = (served: Served[]) => served.map((one) => WORDS[one] ?? one);

/** Kinds of endpoints in a line: "chat · responses · embeddings", beyond `most` a number. */
export function servedLine(served: Served[], most = served.length) {
  const words = servedWords(served);
  // One more word is no longer than the number in its place.
  const shown = words.length <= most + 1 ? words : words.slice(0, most);
  return `${shown.join(" · ")}${shown.length < words.length ? ` +${words.length - shown.length}` : ""}`;
}
