import { ArrowRight } from "lucide-react";
import type { AuditEntry } from "@/api/contract";
import { Fact, Facts } from "@/components/page";
import { cn } from "@/lib/cn";
import type { Line } from "./difference";

/** What differs, member by member: what was, and what is. */
export function Differences({ lines, entry }: { lines: Line[]; entry: AuditEntry }) {
  if (lines.length === 0) return <p className="text-muted text-sm">Nothing that is shown here differs.</p>;
  const changed = entry.before_value && entry.updated_values;
  return (
    <div data-testid="audit-differences">
      <Facts>
        {lines.map((line) => (
          <Fact key={line.path} name={<span title={line.path}>{line.name}</span>} testid="audit-line">
            {changed ? (
              <span className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] items-start gap-2">
                <Value text={line.before} when="before" className="bg-bad-soft" />
                <ArrowRight aria-hidden className="mt-1 size-3.5 text-faint" />
                <Value text={line.after} when="after" className="bg-ok-soft" />
              </span>
            ) : (
              (line.after ?? line.before)
            )}
          </Fact>
        ))}
      </Facts>
    </div>
  );
}

const Value = ({ text, when, className }: { text: string | null; when: string; className: string }) => (
  <span className={cn("min-w-0 break-words rounded px-1.5 py-px", text === null ? "text-faint" : className)}>
    <span className="sr-only">{when}: </span>
    {text ?? "none"}
  </span>
);
