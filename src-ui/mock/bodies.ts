// Bodies of requests, kept for keys that ask for it, and the same request asked again.
import type { Bodies, Replay, ReplaySide, RequestDetail } from "../src/api/contract.ts";
import { found, part, Refusal, type Route } from "./refusal.ts";
import type { World } from "./world.ts";

const DAY = 86_400_000;
const QUESTION = "The nightly invoice run fails since the upgrade. Can you find out why? Reach me at [email].";
const ANSWER =
  "The run reads `due_date` as text, and since the upgrade the column is a date.\n\nTwo places compare it: `invoices/run.py` line 88 and the report. I changed the first one; the report only sorts, so it stays as it is.";
const OTHER =
  "Since the upgrade the column `due_date` is a date, and the run still reads it as text.\n\nTwo places compare it: `invoices/run.py` line 88 and the report. Both have to be changed before tonight.";

const keyOf = (world: World, row: RequestDetail) => world.keys.find(({ key_id }) => key_id === row.key_id);

export function keptUntil(world: World, row: RequestDetail): number | null {
  const days = keyOf(world, row)?.keep_bodies_days;
  const until = row.started_at + (days ?? 0) * DAY;
  return days && until > Date.now() ? until : null;
}

export function bodiesOf(world: World, row: RequestDetail): Bodies | null {
  const expires_at = keptUntil(world, row);
  if (expires_at === null) return null;
  const anthropic = row.format_in === "anthropic_messages";
  const redacts = keyOf(world, row)?.redact.includes("emails") ?? false;
  const question = redacts ? QUESTION : QUESTION.replace("[email]", "ada@example.org");
  // Long ones are kept as far as they go.
  const cut = row.request_bytes > 300_000;
  const request = JSON.stringify(anthropic ? anthropicAsks(row, question) : chatAsks(row, question));
  return {
    request_id: row.id,
    format: row.format_in,
    expires_at,
    request: cut ? request.slice(0, -40) : request,
    response: row.outcome === "error" ? null : JSON.stringify(anthropic ? anthropicSays(row) : chatSays(row)),
    request_cut: cut,
    response_cut: false,
    request_redacted: redacts,
    response_redacted: false,
  };
}

const LISTING =
  "invoices/run.py:88:    if row.due_date < today:\nreports/due.py:12:    rows.sort(key=lambda r: r.due_date)";

const anthropicAsks = (row: RequestDetail, question: string) => ({
  model: row.model_requested,
  max_tokens: 8000,
  stream: row.streamed,
  system: "You are a careful engineer. Change as little as possible.",
  tools: [{ name: "grep", description: "Searches the files", input_schema: { type: "object" } }],
  messages: [
    { role: "user", content: question },
    {
      role: "assistant",
      content: [
        { type: "text", text: "I look where the date is compared." },
        { type: "tool_use", id: "toolu_1", name: "grep", input: { pattern: "due_date", path: "." } },
      ],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: LISTING }] },
  ],
});
const anthropicSays = (row: RequestDetail) => ({
  id: row.response_id,
  type: "message",
  role: "assistant",
  model: row.upstream_model,
  content: [{ type: "text", text: ANSWER }],
  stop_reason: "end_turn",
});
const chatAsks = (row: RequestDetail, question: string) => ({
  model: row.model_requested,
  stream: row.streamed,
  messages: [
    { role: "system", content: "You are a careful engineer. Change as little as possible." },
    { role: "user", content: question },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "grep", arguments: '{"pattern":"due_date"}' } }],
    },
    { role: "tool", tool_call_id: "call_1", content: LISTING },
    { role: "user", content: '<img src=x onerror="alert(1)"> and now?' },
  ],
});
const chatSays = (row: RequestDetail) => ({
  id: row.response_id,
  object: "chat.completion",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: ANSWER } }],
});

function side(row: RequestDetail, text: string | null): ReplaySide {
  return {
    request_id: row.id,
    model: row.model_requested,
    model_group: row.model_group,
    provider: row.provider,
    upstream_model: row.upstream_model,
    status: row.status,
    error: row.error_message,
    text,
    tool_calls: [],
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    cache_read_tokens: row.cache_read_tokens,
    cache_write_tokens: row.cache_write_tokens,
    reasoning_tokens: row.reasoning_tokens,
    cost_nanos: row.cost_nanos,
    latency_us: row.latency_us,
    first_byte_us: row.first_byte_us,
  };
}

export const BODY_ROUTES: Route[] = [
  [
    "GET",
    /^\/console\/requests\/([^/]+)\/bodies$/,
    (call) => {
      const row = found(
        call.world.ledger.find(({ id }) => id === part(call, 0)),
        "request",
      );
      const kept = bodiesOf(call.world, row);
      if (!kept)
        throw new Refusal(
          404,
          "no_bodies",
          "the bodies of this request are not kept: its key keeps none, or they have expired",
        );
      return kept;
    },
  ],
  [
    "POST",
    /^\/console\/requests\/([^/]+)\/replay$/,
    (call): Replay => {
      const row = found(
        call.world.ledger.find(({ id }) => id === part(call, 0)),
        "request",
      );
      const kept = bodiesOf(call.world, row);
      if (!kept) throw new Refusal(404, "no_bodies", "the bodies of this request are not kept");
      if (kept.request_cut)
        throw new Refusal(409, "body_cut", "only the beginning of this request is kept: it was too long");
      if (kept.request_redacted && !call.body.allow_redacted)
        throw new Refusal(
          409,
          "body_redacted",
          "something was taken out of this request before it was kept; say allow_redacted to ask without it",
          "allow_redacted",
        );
      const model = String(call.body.model);
      if (model === "no-such-model") throw new Refusal(404, "not_found", `there is no model ${model}`, "model");
      const again = call.world.record({ provider: "openai", model: "gpt-5", client: "console" });
      const fails = model === "smart";
      return {
        original: side(row, kept.response === null ? null : ANSWER),
        replay: {
          ...side(again, fails ? null : OTHER),
          model,
          model_group: model,
          status: fails ? 529 : 200,
          error: fails ? "Overloaded" : null,
        },
      };
    },
  ],
];
