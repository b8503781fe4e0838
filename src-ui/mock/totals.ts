import type { RequestRow, Totals } from "../src/api/contract.ts";

export function sum(rows: RequestRow[]): Totals {
  const totals: Totals = {
    requests: 0,
    errors: 0,
    cancelled: 0,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost_nanos: 0,
    unpriced_requests: 0,
    local_requests: 0,
    covered_nanos: 0,
    covered_requests: 0,
  };
  for (const row of rows) {
    totals.requests++;
    if (row.outcome === "error") totals.errors++;
    if (row.outcome === "cancelled") totals.cancelled++;
    totals.input_tokens += row.input_tokens;
    totals.output_tokens += row.output_tokens;
    totals.cache_read_tokens += row.cache_read_tokens;
    totals.cache_write_tokens += row.cache_write_tokens;
    totals.reasoning_tokens += row.reasoning_tokens;
    // What a flat rate covers is nobody's bill.
    if (row.billing === "subscription") {
      totals.covered_nanos += row.covered_nanos ?? 0;
      totals.covered_requests++;
    } else totals.cost_nanos += row.cost_nanos ?? 0;
    if (row.cost_nanos === null) totals.unpriced_requests++;
    if (row.billing === "local") totals.local_requests++;
  }
  return totals;
}
