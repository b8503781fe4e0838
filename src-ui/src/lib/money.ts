// Money is integers until it is shown: cost in nano-dollars, prices in pico-dollars per token (which are
// micro-dollars per million tokens). Nothing here rounds a sum away: small amounts keep their digits.
import type { RequestRow, Totals } from "@/api/contract";

const group = new Intl.NumberFormat("en-US");

/** Exact decimal of `units / 10^scale`, with at least two decimals and no trailing zeros beyond them. */
function decimal(units: number, scale: number, most = scale) {
  const negative = units < 0;
  let whole = BigInt(Math.abs(Math.round(units)));
  if (most < scale) {
    const drop = 10n ** BigInt(scale - most);
    whole = ((whole + drop / 2n) / drop) * drop;
  }
  const base = 10n ** BigInt(scale);
  const fraction = (whole % base).toString().padStart(scale, "0").slice(0, most).replace(/0+$/, "");
  return `${negative ? "-" : ""}$${group.format(whole / base)}.${fraction.padEnd(2, "0")}`;
}

/** For totals and columns: cents from a dollar up, below that three significant digits. */
export function money(nanos: number) {
  const size = Math.abs(nanos);
  if (size === 0) return "$0.00";
  if (size >= 1e9) return decimal(nanos, 9, 2);
  const leadingZeros = 9 - Math.floor(Math.log10(size)) - 1;
  return decimal(nanos, 9, Math.min(9, leadingZeros + 3));
}

/** Every digit the ledger has. */
export const moneyExact = (nanos: number) => decimal(nanos, 9);

/** Axis labels: short, never finer than needed. */
export function moneyAxis(nanos: number) {
  if (nanos === 0) return "$0";
  if (nanos >= 1e12) return `$${group.format(Math.round(nanos / 1e11) / 10)}k`;
  if (nanos >= 1e10) return `$${group.format(Math.round(nanos / 1e9))}`;
  return money(nanos);
}

/** Dollars as LiteLLM's key routes give them. */
export const dollars = (usd: number) => money(Math.round(usd * 1e9));

/** A price per million tokens, exact. */
export const perMillion = (pico: number) => decimal(pico, 6);

/** "3" or "0.075" dollars per million tokens -> pico-dollars per token; null if it is no such number. */
export function parsePerMillion(text: string): number | null {
  const match = /^\s*\$?(\d{1,9})(?:\.(\d{1,6})0*)?\s*$/.exec(text);
  if (!match) return null;
  return Number(BigInt(match[1]!) * 1_000_000n + BigInt((match[2] ?? "").padEnd(6, "0")));
}

/** A request's cost in one word or figure: a model without a price is unpriced, which is not free. */
export function costOf(row: Pick<RequestRow, "billing" | "cost_nanos">): { text: string; kind: "money" | "word" } {
  if (row.billing === "local") return { text: "local", kind: "word" };
  if (row.billing === "subscription") return { text: "subscription", kind: "word" };
  if (row.cost_nanos === null) return { text: "unpriced", kind: "word" };
  return { text: money(row.cost_nanos), kind: "money" };
}

/** The same of many requests: where all of them are without a price, a word says why there is no figure. */
export function spentOf(totals: Totals): { text: string; kind: "money" | "word" } {
  const { requests, unpriced_requests, local_requests, covered_requests } = totals;
  if (totals.cost_nanos === 0 && requests > 0) {
    if (unpriced_requests === requests) return { text: "unpriced", kind: "word" };
    if (local_requests === requests) return { text: "local", kind: "word" };
    if (covered_requests === requests) return { text: "covered", kind: "word" };
  }
  return { text: money(totals.cost_nanos), kind: "money" };
}
