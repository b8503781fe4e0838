// Tags and metadata as they are typed. The gateway keeps tags, and what it shows of other members, among the metadata.

/** Texts with commas or lines between them, each once. */
export const words = (text: string) => [...new Set(text.split(/[\n,]/).map((word) => word.trim()))].filter(Boolean);

// What a row shows among its metadata and what has fields of its own.
const APART = ["tags", "enforced_params", "model_rpm_limit", "model_tpm_limit"];
// Of these, what lives there: it has to be sent along where metadata is replaced.
const WITHIN = ["tags", "enforced_params"];

/** Metadata as text, without what has fields of its own. */
export function metadataText(metadata: Record<string, unknown>) {
  const rest = Object.entries(metadata).filter(([name]) => !APART.includes(name));
  return rest.length > 0 ? JSON.stringify(Object.fromEntries(rest), null, 2) : "";
}

/** What of a row's metadata has to be sent along where it is replaced. */
export const keptWithin = (metadata: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => WITHIN.includes(name)));

const WANTED = 'An object in JSON, such as {"project": "atlas"}.';

/** The object that is typed, or what is wrong with it. Nothing typed is an empty one. */
export function readMetadata(text: string): { value: Record<string, unknown>; problem?: string } {
  if (text.trim() === "") return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: { ...value } };
    return { value: {}, problem: WANTED };
  } catch (error) {
    return { value: {}, problem: `${WANTED} ${place(text, error)}`.trim() };
  }
}

/** Where JSON goes wrong, as far as the engine tells: they name a position, or a line and column. */
function place(text: string, error: unknown) {
  const message = error instanceof Error ? error.message : "";
  const line = /line (\d+)/.exec(message)?.[1];
  const position = /position (\d+)/.exec(message)?.[1];
  if (line) return `It goes wrong in line ${line}.`;
  if (position) return `It goes wrong in line ${text.slice(0, Number(position)).split("\n").length}.`;
  return /unexpected (end|eof)/i.test(message) ? "It ends too early." : "";
}
