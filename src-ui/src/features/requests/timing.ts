// Where the time of a request went, as bars on one scale. The ledger has how long each call to a provider took until it answered or
// failed, in the order in which they ended, and when the first byte came.
import type { RequestDetail } from "@/api/contract";

export interface Bar {
  kind: "before" | "failed" | "waited" | "answer";
  name: string;
  note: string | null;
  /** Microseconds since the request came in. */
  from: number;
  to: number;
  status: number | null;
}

type Timed = Pick<
  RequestDetail,
  "attempt_log" | "latency_us" | "first_byte_us" | "provider" | "upstream_model" | "model_group" | "outcome" | "status"
>;

export function barsOf(detail: Timed): Bar[] {
  const { latency_us: end, first_byte_us: first, provider } = detail;
  const begun = first ?? end;
  const calls = callsOf(detail, begun);
  const spent = calls.reduce((sum, call) => sum + call.duration_us, 0);
  const before = Math.max(0, begun - spent);
  // More than there was time for: some ran beside each other, and all that is known is how long.
  const beside = spent > begun * 1.02;
  const bars: Bar[] = [];
  if (calls.length > 0 && before >= Math.max(1000, end * 0.002))
    bars.push({
      kind: "before",
      name: calls.length > 1 ? "Before and between the attempts" : "Before the first attempt",
      note: null,
      from: 0,
      to: before,
      status: null,
    });
  let at = before;
  for (const call of calls) {
    const from = beside ? Math.max(0, begun - call.duration_us) : Math.min(begun, at);
    const to = beside ? begun : Math.min(begun, from + call.duration_us);
    at = to;
    const name = `${call.model} at ${call.provider}`;
    bars.push({ kind: call.error ? "failed" : "waited", name, note: call.error, from, to, status: call.status });
  }
  if (first !== null && end > first)
    bars.push({ kind: "answer", name: "Answer", note: null, from: first, to: end, status: null });
  if (bars.length === 0 && end > 0)
    bars.push({
      kind: provider ? "waited" : "before",
      name: provider ? `${detail.upstream_model ?? detail.model_group} at ${provider}` : "In Postern, nobody was asked",
      note: null,
      from: 0,
      to: end,
      status: detail.status,
    });
  return bars;
}

/** Where nothing is written down there was one call, and it went well. */
function callsOf(detail: Timed, begun: number): RequestDetail["attempt_log"] {
  if (detail.attempt_log.length > 0) return detail.attempt_log;
  if (!detail.provider || detail.first_byte_us === null) return [];
  const model = detail.upstream_model ?? detail.model_group;
  return [{ provider: detail.provider, model, status: detail.status, duration_us: begun, error: null }];
}
