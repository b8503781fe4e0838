import { cn } from "@/lib/cn";

/** Two letters in place of a logo: trademarks are not ours to ship. */
export function Monogram({ label, className }: { label: string; className?: string }) {
  const words = label.split(/[\s\-_.]+/).filter(Boolean);
  const letters = words.length > 1 ? `${words[0]![0]}${words[1]![0]}` : label.slice(0, 2);
  return (
    <span
      aria-hidden
      className={cn(
        "grid size-8 shrink-0 place-items-center rounded-md border border-line bg-sunken font-medium text-muted text-xs",
        className,
      )}
    >
      {letters.charAt(0).toUpperCase() + letters.slice(1)}
    </span>
  );
}
