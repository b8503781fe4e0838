import type { CatalogueModel, Provider } from "@/api/contract";
import type { Sort } from "@/components/virtual-table";
import { modelName } from "@/lib/model-name";

export interface ModelFilter {
  q?: string;
  provider?: string;
  mode?: string;
  can?: string;
  mine?: boolean;
}

export interface Listed extends CatalogueModel {
  /** What a client sends, and what is searched. */
  name: string;
}

export const listed = (models: CatalogueModel[]): Listed[] =>
  models.map((model) => ({ ...model, name: modelName(model) }));

/** By the name a client sends, whose first word may be a provider's own name in place of its kind's. */
export function findModel(models: Listed[], name: string, providers: Provider[] = []): Listed | undefined {
  const exact = models.find((model) => model.name === name);
  if (exact) return exact;
  const slash = name.indexOf("/");
  const preset = providers.find((provider) => provider.name === name.slice(0, slash))?.preset;
  return preset === undefined ? undefined : models.find((model) => model.name === `${preset}/${name.slice(slash + 1)}`);
}

/** Every word has to occur somewhere in the name; capabilities are all required. */
export function filterModels(models: Listed[], filter: ModelFilter): Listed[] {
  const words = (filter.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = filter.can ? filter.can.split(",") : [];
  return models.filter(
    (model) =>
      (!filter.provider || model.provider === filter.provider) &&
      (!filter.mode || model.mode === filter.mode) &&
      (!filter.mine || model.available) &&
      wanted.every((capability) => model.capabilities.includes(capability)) &&
      words.every((word) => model.name.toLowerCase().includes(word)),
  );
}

/** Whether the provider has withdrawn it, or is about to within the day. */
export const hasEnded = (model: Pick<CatalogueModel, "deprecates">, now = Date.now()) =>
  model.deprecates !== null && Date.parse(model.deprecates) < now;

/** What one most likely looks for: can be called, still exists, is for chat. */
const rank = (model: Listed) => (model.available ? 0 : 4) + (hasEnded(model) ? 2 : 0) + (model.mode === "chat" ? 0 : 1);

/** Without an order of the reader's own: the likeliest first. */
export const NATURAL: Sort = { by: "", descending: false };

const READ: Record<string, (model: Listed) => number | string | null | undefined> = {
  name: (model) => model.name.toLowerCase(),
  context: (model) => model.context,
  output_size: (model) => model.max_output,
  input: (model) => model.prices.input,
  output: (model) => model.prices.output,
};

/** What has no value comes last in either direction: an unpriced model is not the cheapest. */
export function sortModels(models: Listed[], sort: Sort): Listed[] {
  const read = READ[sort.by] ?? rank;
  const turn = sort.descending ? -1 : 1;
  return [...models].sort((a, b) => {
    const x = read(a) ?? null;
    const y = read(b) ?? null;
    if (x === y) return a.name < b.name ? -1 : 1;
    if (x === null) return 1;
    if (y === null) return -1;
    return (x < y ? -1 : 1) * turn;
  });
}

export const parseSort = (text: string | undefined): Sort => {
  const by = text?.replace(/^-/, "") ?? "";
  return by in READ ? { by, descending: text!.startsWith("-") } : NATURAL;
};
export const sortText = ({ by, descending }: Sort) => (by ? `${descending ? "-" : ""}${by}` : undefined);

/** The values that occur, most frequent first, as choices of a filter. */
export function choices(values: Iterable<string>, label: (value: string) => string) {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([value, count]) => ({ value, label: label(value), note: String(count) }));
}
