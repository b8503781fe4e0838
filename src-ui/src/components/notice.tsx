import { CircleAlert, type LucideIcon, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "@/api/http";
import { adviceFor } from "@/lib/advice";
import { cn } from "@/lib/cn";
import { Button } from "./controls";
import { CopyText } from "./copy";

/** What happened, to which request, and what to try. */
export function ErrorNotice({
  error,
  onRetry,
  className,
}: {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}) {
  const text = error instanceof Error ? error.message : String(error);
  // The gateway's messages are written to follow a prefix in a log.
  const message = text.charAt(0).toUpperCase() + text.slice(1);
  const known = error instanceof ApiError ? error : null;
  const advice = known && adviceFor(known);
  return (
    <div
      role="alert"
      data-testid="error-notice"
      className={cn("flex gap-2.5 rounded-lg bg-bad-soft px-3 py-2.5 text-sm", className)}
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="break-words font-medium text-text">{message}</p>
        {advice && <p className="mt-0.5 text-muted">{advice}</p>}
        {known?.requestId && (
          <p className="mt-1 flex items-center gap-1 text-faint text-xs">
            Request <CopyText text={known.requestId} label="request id" />
          </p>
        )}
      </div>
      {onRetry && (
        <Button size="sm" onClick={onRetry} className="self-start">
          <RotateCw className="size-3.5" /> Try again
        </Button>
      )}
    </div>
  );
}

export function Warning({
  children,
  action,
  className,
  testid,
}: {
  children: ReactNode;
  action?: ReactNode;
  className?: string;
  testid?: string;
}) {
  return (
    <div
      data-testid={testid}
      className={cn("flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-warn-soft px-3 py-2 text-sm", className)}
    >
      <TriangleAlert aria-hidden className="size-4 shrink-0 text-warn" />
      <p className="min-w-0 flex-1 basis-60">{children}</p>
      {action}
    </div>
  );
}

/** An empty place says what will appear here, and the one thing to do. */
export function Empty({
  icon: Icon,
  title,
  children,
  action,
  testid,
  className,
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  testid?: string;
  className?: string;
}) {
  return (
    <div data-testid={testid} className={cn("grid place-items-center px-6 py-14 text-center", className)}>
      <div className="grid max-w-[380px] justify-items-center gap-1">
        <span className="mb-2 grid size-10 place-items-center rounded-lg border border-line bg-sunken">
          <Icon aria-hidden className="size-5 text-faint" />
        </span>
        <h2 className="font-medium text-base">{title}</h2>
        {children && <p className="text-muted text-sm">{children}</p>}
        {action && <div className="mt-3">{action}</div>}
      </div>
    </div>
  );
}
