import type { ReactNode } from "react";
import { Skeleton } from "@/components/controls";
import { Mark } from "@/components/mark";

/** What stands before the console: one card in the middle. */
export function Frame({ children, testid = "sign-in" }: { children: ReactNode; testid?: string }) {
  return (
    <main className="grid min-h-full grid-cols-1 place-items-center p-4">
      <div className="w-full max-w-[400px]">
        <div className="mb-4 flex items-center gap-2 font-semibold text-base">
          <Mark className="size-6" /> Postern
        </div>
        <div className="rounded-xl border border-line bg-surface p-6 shadow-card" data-testid={testid}>
          {children}
        </div>
      </div>
    </main>
  );
}

export const Code = ({ children }: { children: string }) => (
  <code className="rounded bg-hover px-1 py-0.5 font-mono text-xs">{children}</code>
);

/** The console's outline, while it is not known yet who looks at it. */
export function Waiting() {
  return (
    <main aria-busy className="flex h-full">
      <span className="sr-only">Connecting to the gateway</span>
      <div className="hidden w-[208px] shrink-0 border-line border-r bg-sunken p-4 sm:block">
        <Skeleton className="h-6 w-28" />
        {[0, 1, 2, 3, 4, 5].map((line) => (
          <Skeleton key={line} className="mt-4 h-4 w-32" />
        ))}
      </div>
    </main>
  );
}
