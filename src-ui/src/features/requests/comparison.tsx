import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Replay, ReplaySide } from "@/api/contract";
import { Badge, Dot, Switch } from "@/components/controls";
import { CodeBlock } from "@/components/copy";
import { cn } from "@/lib/cn";
import { money } from "@/lib/money";
import { count } from "@/lib/numbers";
import { duration } from "@/lib/time";
import { type Piece, wordDiff } from "./word-diff";

/** Two answers to one request, with what each took. */
export function Comparison({ result: { original, replay } }: { result: Replay }) {
  const [marked, setMarked] = useState(true);
  const both = original.text !== null && replay.text !== null;
  const diff = useMemo(
    () => (original.text !== null && replay.text !== null ? wordDiff(original.text, replay.text) : null),
    [original.text, replay.text],
  );
  return (
    <div className="mt-5 grid grid-cols-1 gap-3" data-testid="comparison">
      <Figures original={original} replay={replay} />
      {both && (
        // biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control
        <label className="flex items-center gap-2 text-sm">
          <Switch
            checked={marked && diff !== null}
            disabled={diff === null}
            onCheckedChange={setMarked}
            data-testid="replay-diff"
          />
          {diff ? "Mark words that only one of them has" : "Too long and too different to be compared word by word"}
        </label>
      )}
      <div className="grid gap-3 md:grid-cols-2">
        <Said title="Then" side={original} pieces={marked ? (diff?.[0] ?? null) : null} tone="bg-bad-soft" />
        <Said title="Now" side={replay} pieces={marked ? (diff?.[1] ?? null) : null} tone="bg-ok-soft" />
      </div>
      <p className="text-faint text-xs">
        The new one is{" "}
        <Link
          to="/requests"
          search={{ open: replay.request_id }}
          className="rounded text-accent-text underline underline-offset-2"
        >
          a request of its own in the log
        </Link>
        .
      </p>
    </div>
  );
}

const cost = ({ cost_nanos }: ReplaySide) => (cost_nanos === null ? "unpriced" : money(cost_nanos));

const ROWS: { name: string; show: (side: ReplaySide) => string }[] = [
  { name: "Model", show: (side) => side.model },
  {
    name: "Answered by",
    show: ({ provider, upstream_model, model_group }) =>
      provider ? `${upstream_model ?? model_group} at ${provider}` : "nobody",
  },
  { name: "Cost", show: cost },
  { name: "Total", show: ({ latency_us }) => duration(latency_us) },
  { name: "First token", show: ({ first_byte_us }) => (first_byte_us === null ? "–" : duration(first_byte_us)) },
  { name: "Input tokens", show: ({ input_tokens }) => count(input_tokens) },
  { name: "from the cache", show: ({ cache_read_tokens }) => count(cache_read_tokens) },
  { name: "Output tokens", show: ({ output_tokens }) => count(output_tokens) },
  { name: "for reasoning", show: ({ reasoning_tokens }) => count(reasoning_tokens) },
];

function Figures({ original, replay }: { original: ReplaySide; replay: ReplaySide }) {
  return (
    <table className="w-full table-fixed text-sm">
      <thead className="text-2xs text-faint">
        <tr>
          <td className="w-32" />
          <th scope="col" className="pb-1 text-left font-normal">
            Then
          </th>
          <th scope="col" className="pb-1 text-left font-normal">
            Now
          </th>
        </tr>
      </thead>
      <tbody>
        <tr className="border-line border-t">
          <th scope="row" className="py-1 text-left font-normal text-muted">
            Status
          </th>
          <td className="py-1">
            <Status side={original} />
          </td>
          <td className="py-1">
            <Status side={replay} />
          </td>
        </tr>
        {ROWS.map(({ name, show }) => (
          <tr key={name} className="border-line border-t">
            <th
              scope="row"
              className={cn("py-1 text-left font-normal text-muted", /^[a-z]/.test(name) && "pl-3 text-faint")}
            >
              {name}
            </th>
            <td className="break-words py-1 pr-2">{show(original)}</td>
            <td className="break-words py-1">{show(replay)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Status = ({ side }: { side: ReplaySide }) => (
  <span className="inline-flex items-center gap-1.5">
    <Dot tone={side.status < 400 ? "ok" : "bad"} /> {side.status}
  </span>
);

function Said({
  title,
  side,
  pieces,
  tone,
}: {
  title: string;
  side: ReplaySide;
  pieces: Piece[] | null;
  tone: string;
}) {
  return (
    <section className="min-w-0 rounded-lg border border-line p-3" aria-label={`${title}: ${side.model}`}>
      <h3 className="mb-2 flex min-w-0 items-center gap-2 font-medium text-xs">
        {title} <span className="min-w-0 truncate font-normal text-muted">{side.model}</span>
      </h3>
      {side.error && <p className="break-words text-bad text-sm">{side.error}</p>}
      {side.text === null && !side.error && <p className="text-faint text-sm">Its answer is not kept.</p>}
      {side.text !== null && (
        <p className="whitespace-pre-wrap break-words text-sm">
          {(pieces ?? [{ text: side.text, same: true }]).map((piece, index) =>
            piece.same ? (
              piece.text
            ) : (
              <mark key={index} className={cn("rounded-sm text-text", tone)}>
                {piece.text}
              </mark>
            ),
          )}
        </p>
      )}
      {side.tool_calls.map((call, index) => (
        <div key={index} className="mt-2 grid grid-cols-1 gap-1">
          <p className="text-xs">
            <Badge>calls</Badge> {call.name}
          </p>
          <CodeBlock label={`What ${call.name} is called with`} code={call.arguments} />
        </div>
      ))}
    </section>
  );
}
