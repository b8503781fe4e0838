import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

/** A page's frame: title, what it is for, its actions. `fill` pages scroll inside (long lists), others as a whole. */
export function Page({
  title,
  description,
  actions,
  children,
  fill,
}: {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  fill?: boolean;
}) {
  return (
    <div
      className={cn(
        "mx-auto flex w-full max-w-[1240px] flex-col gap-4 px-4 pt-4 pb-6 sm:px-6 sm:pt-5",
        fill && "h-full min-h-0 max-w-none pb-4",
      )}
    >
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="font-semibold text-lg">{title}</h1>
          {description && <p className="min-h-5 text-muted text-sm">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Name and value pairs of a detail. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[minmax(96px,132px)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">{children}</dl>;
}

export function Fact({ name, children, testid }: { name: ReactNode; children: ReactNode; testid?: string }) {
  return (
    <>
      <dt className="min-w-0 break-words text-muted">{name}</dt>
      <dd data-testid={testid} className="min-w-0 break-words">
        {children}
      </dd>
    </>
  );
}

export function Section({
  title,
  aside,
  children,
  className,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cn("border-line border-b px-5 py-4 last:border-b-0", className)}>
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="font-medium text-muted text-xs">{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  );
}
