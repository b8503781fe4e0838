import { LoaderCircle } from "lucide-react";
import { Switch as RadixSwitch, ToggleGroup } from "radix-ui";
import type { ButtonHTMLAttributes, ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";

const VARIANTS = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover border-transparent font-medium shadow-card",
  secondary: "bg-surface text-text border-line-strong hover:bg-hover shadow-card",
  ghost: "bg-transparent text-muted border-transparent hover:bg-hover hover:text-text",
  danger: "bg-bad text-on-bad border-transparent hover:opacity-90 font-medium shadow-card",
  "danger-ghost": "bg-transparent text-bad border-transparent hover:bg-bad-soft",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: keyof typeof VARIANTS;
  size?: "sm" | "md" | "icon";
  busy?: boolean;
  ref?: React.Ref<HTMLButtonElement>;
}

export function Button({
  variant = "secondary",
  size = "md",
  busy,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      className={cn(
        "relative inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border transition-colors duration-100",
        "disabled:opacity-50",
        size === "md" && "h-8 px-3 text-sm",
        size === "sm" && "h-7 px-2 text-xs",
        size === "icon" && "size-8 p-0",
        VARIANTS[variant],
        className,
      )}
      {...rest}
    >
      {/* The label keeps its place while busy, so the button does not change its width. */}
      <span className={cn("inline-flex items-center gap-1.5", busy && "invisible")}>{children}</span>
      {busy && <LoaderCircle className="absolute size-4 animate-spin" aria-label="Working" />}
    </button>
  );
}

export function Switch({ className, ...rest }: ComponentProps<typeof RadixSwitch.Root>) {
  return (
    <RadixSwitch.Root
      className={cn(
        "relative h-[18px] w-8 shrink-0 rounded-full bg-line-strong transition-colors data-[state=checked]:bg-accent disabled:opacity-50",
        className,
      )}
      {...rest}
    >
      <RadixSwitch.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-white shadow-sm transition-transform data-[state=checked]:translate-x-4" />
    </RadixSwitch.Root>
  );
}

export function Segmented<T extends string>({
  value,
  onChange,
  options,
  label,
  testid,
}: {
  value: T;
  onChange: (value: T) => void;
  options: { value: T; label: ReactNode; title?: string }[];
  label: string;
  testid?: string;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      onValueChange={(next) => next && onChange(next as T)}
      aria-label={label}
      data-testid={testid}
      className="inline-flex h-8 shrink-0 items-center rounded-md border border-line bg-sunken p-0.5"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          title={option.title}
          aria-label={option.title}
          data-testid={testid && `${testid}-${option.value}`}
          className="inline-flex h-full items-center gap-1.5 rounded-[5px] px-2.5 text-xs text-muted transition-colors hover:text-text data-[state=on]:bg-raised data-[state=on]:font-medium data-[state=on]:text-text data-[state=on]:shadow-card"
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

const TONES = {
  neutral: "bg-hover text-muted",
  accent: "bg-accent-soft text-accent-text",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};
export type Tone = keyof typeof TONES;

export function Badge({ tone = "neutral", className, ...rest }: { tone?: Tone } & ComponentProps<"span">) {
  return (
    <span
      className={cn(
        "inline-flex h-5 shrink-0 items-center gap-1 whitespace-nowrap rounded px-1.5 font-medium text-2xs",
        TONES[tone],
        className,
      )}
      {...rest}
    />
  );
}

const DOTS = {
  ok: "bg-ok-dot",
  warn: "bg-warn-dot",
  bad: "bg-bad-dot",
  neutral: "bg-line-strong",
  accent: "bg-accent",
};

/** Always beside words: colour alone says nothing to some. */
export const Dot = ({ tone, className }: { tone: Tone; className?: string }) => (
  <span aria-hidden className={cn("inline-block size-2 shrink-0 rounded-full", DOTS[tone], className)} />
);

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="rounded border border-line bg-sunken px-1 font-sans text-2xs text-faint">{children}</kbd>
);

export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden className={cn("skeleton block h-3", className)} />
);

export const Card = ({ className, ...rest }: ComponentProps<"section">) => (
  <section className={cn("rounded-lg border border-line bg-surface shadow-card", className)} {...rest} />
);
