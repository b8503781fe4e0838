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

/** Kinds of endpoints in a line: "chat · responses · embeddings"; what would be longer than `room` letters is a number. */
export function servedLine(served: Served[], room = Number.POSITIVE_INFINITY) {
  const words = servedWords(served);
  const line = (count: number) => {
    const rest = words.length - count;
    return `${words.slice(0, count).join(" · ")}${rest > 0 ? ` +${rest}` : ""}`;
  };
  let count = words.length;
  while (count > 1 && line(count).length > room) count--;
  return line(count);
}
