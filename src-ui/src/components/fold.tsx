import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";

/** What most do not need, one click away; open where something is set. */
export function Fold({
  title,
  count = 0,
  open: first,
  wrong = false,
  children,
}: {
  title: string;
  count?: number;
  open?: boolean;
  /** Something in it has to be put right: it opens. */
  wrong?: boolean;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(first ?? false);
  return (
    <details className="group" open={open || wrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex list-none items-center gap-1 rounded text-muted text-xs hover:text-text">
        <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" /> {title}
        {count > 0 && <span className="text-faint">({count})</span>}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  );
}
