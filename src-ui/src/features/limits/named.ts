// Which named budget something refers to. Limits that are said of one thing may be kept in a budget made for it alone: that is none.

interface Refers {
  budget_id?: string | null;
  litellm_budget_table?: { is_own: boolean } | null;
}

/** Its id; empty where limits are the thing's own, and where there are none. */
export const namedBudget = ({ budget_id, litellm_budget_table }: Refers) =>
  litellm_budget_table?.is_own ? "" : (budget_id ?? "");

/** Limits of its own, of those that are in force: those of a named budget are the budget's. */
export function ownLimits<Table extends { is_own: boolean }>(row: { litellm_budget_table?: Table | null }) {
  return row.litellm_budget_table?.is_own ? row.litellm_budget_table : {};
}
