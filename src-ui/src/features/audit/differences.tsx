import { ArrowRight } from "lucide-react";
import type { AuditEntry } from "@/api/contract";
import type { Line } from "./difference";

const none = <span className="text-faint">none</span>;

/** What differs, member by member: what was, and what is. */
export function Differences({ lines, entry }: { lines: Line[]; entry: AuditEntry }) {
  if (lines.length === 0) return <p className="text-muted text-sm">Nothing that is shown here differs.</p>;
  const changed = entry.before_value && entry.updated_values;
  return (
    <dl className="grid gap-2.5" data-testid="audit-differences">
      {lines.map((line) => (
        <div key={line.path} className="grid gap-0.5" data-testid="audit-line">
          <dt className="break-words text-faint text-xs" title={line.path}>
            {line.name}
          </dt>
          {changed ? (
            <dd className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-start gap-2 text-sm">
              <span className="min-w-0 break-words rounded bg-bad-soft px-1.5 py-0.5">
                <span className="sr-only">before: </span>
                {line.before ?? none}
              </span>
              <ArrowRight aria-hidden className="mt-1 size-3.5 text-faint" />
              <span className="min-w-0 break-words rounded bg-ok-soft px-1.5 py-0.5">
                <span className="sr-only">after: </span>
                {line.after ?? none}
              </span>
            </dd>
          ) : (
            <dd className="min-w-0 break-words text-sm">{line.after ?? line.before ?? none}</dd>
          )}
        </div>
      ))}
    </dl>
  );
}
