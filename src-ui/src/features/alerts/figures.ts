// What the figures of an alert say: the gateway puts them beside its words, each kind its own.
import type { AlertEntry } from "@/api/contract";
import type { RequestFilter } from "@/api/log";

const HOUR = 3_600_000;

export interface Figures {
  /** What is used of how much, money in nano-dollars. */
  used: number;
  most: number;
  /** Money, or what is counted instead. */
  unit: "money" | string;
  /** Whose budget it is. */
  thing: { level: string; id: string } | null;
  /** The requests it is about. */
  requests: RequestFilter | null;
}

const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

/** Null where they cannot be read, as those of a kind that is not known here. */
export function figuresOf({ kind, data }: Pick<AlertEntry, "kind" | "data">): Figures | null {
  const since = Date.parse(text(data.since) ?? "");
  if (kind === "budget") {
    const [used, most, level] = [number(data.spent_nanos), number(data.budget_nanos), text(data.level)];
    if (used === null || most === null || level === null) return null;
    return { used, most, unit: "money", thing: { level, id: text(data.id) ?? "" }, requests: null };
  }
  if (kind === "spend_spike") {
    const [used, most, id] = [number(data.spent_nanos), number(data.bound_nanos), text(data.id)];
    if (used === null || most === null) return null;
    const whose =
      id === null ? {} : data.of === "key" ? { key_id: id } : data.of === "provider" ? { provider: id } : {};
    const requests = Number.isNaN(since) ? null : { ...whose, from: since, to: since + HOUR };
    return { used, most, unit: "money", thing: null, requests };
  }
  if (kind === "provider_limit") {
    const [used, most, provider] = [number(data.used), number(data.limit), text(data.provider)];
    if (used === null || most === null) return null;
    const requests = provider === null ? null : { provider };
    return { used, most, unit: text(data.unit) ?? "units", thing: null, requests };
  }
  return null;
}
