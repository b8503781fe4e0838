// How a provider bills, as its row and its drafts say it.

export const PROVIDER_BILLINGS = ["api", "subscription"] as const;

export interface Billing {
  /** By the token, or within a flat rate. */
  billing: (typeof PROVIDER_BILLINGS)[number];
  /** Below zero a discount, above it a mark-up. */
  price_adjustment_percent: number;
}
