// The catalogue's short names in words. An unknown one is shown as it is, with its underscores taken out.
import { perMillion } from "@/lib/money";

const spaced = (name: string) => name.replaceAll("_", " ");
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const CAPABILITIES: Record<string, string> = {
  tools: "Tools",
  parallel_tools: "Parallel tools",
  tool_choice: "Tool choice",
  vision: "Vision",
  pdf: "PDF input",
  audio_in: "Audio input",
  audio_out: "Audio output",
  video_in: "Video input",
  reasoning: "Reasoning",
  json_schema: "JSON schema",
  caching: "Prompt caching",
  web_search: "Web search",
  computer_use: "Computer use",
  prefill: "Prefill",
};
export const capability = (id: string) => CAPABILITIES[id] ?? capital(spaced(id));

const MODES: Record<string, string> = {
  audio_transcription: "Transcription",
  audio_speech: "Speech",
  image: "Image generation",
  image_edit: "Image editing",
  ocr: "OCR",
};
export const mode = (id: string) => MODES[id] ?? capital(spaced(id));

const PRICES: Record<string, string> = {
  input: "Input",
  output: "Output",
  cache_read: "Cache read",
  cache_write: "Cache write",
  cache_write_1h: "Cache write, 1 hour",
  reasoning: "Reasoning",
  audio_input: "Audio input",
  audio_output: "Audio output",
  input_batch: "Input, batch",
  output_batch: "Output, batch",
  cache_read_batch: "Cache read, batch",
  cache_write_batch: "Cache write, batch",
  web_search: "Web searches",
  discount: "Discount",
  mark_up: "Mark-up",
  fee: "Fee per request",
  reported: "Reported by the provider",
  reported_upstream: "Provider behind it, reported",
};
const ORDER = Object.keys(PRICES);
const VARIANTS = ["batch", "priority", "flex", "balanced", "ultrafast"];

export function priceName(id: string): string {
  if (PRICES[id]) return PRICES[id];
  const search = /^per_search_(low|medium|high)$/.exec(id);
  if (search) return `Web search, ${search[1]} context`;
  if (id.startsWith("reported_")) return `${capital(spaced(id.slice(9)))}, reported`;
  if (id.startsWith("per_")) return capital(spaced(id.slice(4)));
  const variant = VARIANTS.find((name) => id.endsWith(`_${name}`));
  if (variant) return `${priceName(id.slice(0, -variant.length - 1))}, ${variant}`;
  return capital(spaced(id));
}

const SOURCES: Record<string, string> = {
  provider: "Cost as reported by the provider",
  reservation: "Nobody knows the price: counted as reserved within a budget",
};
/** Where a cost is from: a list of prices by its name, or what stood in place of one. */
export const priceSource = (source: string, version: string | null) =>
  SOURCES[source] ?? `Price from ${source}${version ? `, ${version}` : ""}`;

/** Whether it is paid by the token; `per_…` prices are for one of what they name. */
export const byToken = (id: string) => !id.startsWith("per_") && id !== "web_search";

/** Token prices are per million, others for one. */
export function price(id: string, pico: number): { amount: string; unit: string } {
  if (byToken(id)) return { amount: perMillion(pico), unit: "per 1M tokens" };
  const text = (pico / 1e12).toFixed(12).replace(/0+$/, "");
  const [whole, fraction = ""] = text.split(".");
  return { amount: `$${whole}.${fraction.padEnd(2, "0")}`, unit: unitOf(id) };
}

const UNITS = ["image", "search", "query", "second", "page", "character", "pixel", "request", "credit", "message"];
const unitOf = (id: string) => {
  const unit = UNITS.find((name) => id.includes(name));
  return unit ? `per ${unit}` : "each";
};

/** Token prices first, in the order one reads them, then the rest by name. */
export const priceOrder = (a: string, b: string) => {
  const rank = (id: string) => (ORDER.includes(id) ? ORDER.indexOf(id) : id.startsWith("per_") ? 200 : 100);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
};
