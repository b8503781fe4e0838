// What a provider charges: as a form holds it, and what of it has to be sent.
import type { Billing, ProviderChange } from "@/api/contract";

export interface Bill {
  billing: "api" | "subscription";
  /** Percent, below zero a discount; empty for none. */
  percent: string;
}

const [LOWEST, HIGHEST] = [-100, 1000];

export const BILL_FIELDS = ["billing", "price_adjustment_percent"];

export const newBill = (): Bill => ({ billing: "api", percent: "" });

export const billOf = ({ billing, price_adjustment_percent: percent }: Billing): Bill => ({
  // What runs on one's own machines bills nobody, and is set as the others are.
  billing: billing === "subscription" ? billing : "api",
  percent: percent ? String(percent) : "",
});

export const isPlain = (bill: Bill) => bill.billing === "api" && bill.percent.trim() === "";

const percentOf = (text: string) => (text.trim() === "" ? 0 : Number(text.trim().replace(/\s*%$/, "")));

export function billProblems({ percent }: Bill): Record<string, string> {
  const value = percentOf(percent);
  return value >= LOWEST && value <= HIGHEST
    ? {}
    : { price_adjustment_percent: `Percent from ${LOWEST} to ${HIGHEST}, such as -20.` };
}

/** The members of a change; what stays as it is has none. */
export function changedBill(typed: Bill, before: Bill = newBill()): Pick<ProviderChange, keyof Billing> {
  const percent = percentOf(typed.percent);
  return {
    billing: typed.billing === before.billing ? undefined : typed.billing,
    price_adjustment_percent: percent === percentOf(before.percent) ? undefined : percent,
  };
}

/** In a word or two, where there is something to say. */
export function billWord({ billing, price_adjustment_percent: percent }: Billing): string | null {
  const adjusted = percent < 0 ? `${-percent}% discount` : percent > 0 ? `${percent}% mark-up` : null;
  return billing === "subscription" ? "subscription" : adjusted;
}
