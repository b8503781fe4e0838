import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { cn } from "@/lib/cn";
import { platform } from "@/platform";
import { Button, type ButtonProps } from "./controls";

function useCopy(text: string) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    platform.copy(text).then(
      () => setCopied(true),
      (error: unknown) => toast.error(error instanceof Error ? error.message : String(error)),
    );
  return { copied, copy };
}

export function CopyButton({
  text,
  label = "Copy",
  iconOnly,
  ...rest
}: { text: string; label?: string; iconOnly?: boolean } & ButtonProps) {
  const { copied, copy } = useCopy(text);
  return (
    <Button
      size="sm"
      aria-label={iconOnly ? label : undefined}
      title={iconOnly ? label : undefined}
      onClick={copy}
      {...rest}
    >
      {copied ? <Check className="size-3.5 text-ok" /> : <Copy className="size-3.5" />}
      {!iconOnly && (copied ? "Copied" : label)}
      <span role="status" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </Button>
  );
}

/** A short machine text in place, which copies itself when clicked. */
export function CopyText({
  text,
  shown = text,
  label,
  className,
  testid,
}: {
  text: string;
  shown?: string;
  label: string;
  className?: string;
  testid?: string;
}) {
  const { copied, copy } = useCopy(text);
  return (
    <button
      type="button"
      onClick={copy}
      title={`Copy the ${label}`}
      aria-label={`Copy the ${label} ${shown}`}
      data-testid={testid}
      className={cn(
        "group inline-flex min-w-0 max-w-full items-center gap-1 rounded font-mono text-xs hover:text-text",
        className,
      )}
    >
      <span className="truncate">{shown}</span>
      {copied ? (
        <Check aria-hidden className="size-3 shrink-0 text-ok" />
      ) : (
        <Copy aria-hidden className="size-3 shrink-0 opacity-40 group-hover:opacity-100" />
      )}
    </button>
  );
}

/** Something to paste into a terminal or a file. */
export function CodeBlock({ code, label, testid }: { code: string; label: string; testid?: string }) {
  return (
    <div className="group relative min-w-0 rounded-lg border border-line bg-sunken">
      <pre
        // A scrolling region has to be reachable by keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable region
        tabIndex={0}
        role="region"
        aria-label={label}
        data-testid={testid}
        className="overflow-x-auto p-3 pr-20 font-mono text-xs leading-5 max-sm:pt-10 max-sm:pr-3"
      >
        {code}
      </pre>
      <CopyButton
        text={code}
        label="Copy"
        className="absolute top-1.5 right-1.5"
        data-testid={testid && `${testid}-copy`}
      />
    </div>
  );
}
