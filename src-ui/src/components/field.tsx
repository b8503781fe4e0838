import { Eye, EyeOff, Search, X } from "lucide-react";
import { type ComponentProps, type ReactNode, useId, useState } from "react";
import { cn } from "@/lib/cn";

export const inputClass =
  "h-8 w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text placeholder:text-faint focus-visible:outline-offset-0 disabled:opacity-50 aria-[invalid=true]:border-bad";

/** Label, control, and below it either what is wrong or what is meant. */
export function Field({
  label,
  hint,
  error,
  optional,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  optional?: boolean;
  children: (control: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": boolean | undefined;
  }) => ReactNode;
}) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="flex items-baseline justify-between font-medium text-xs">
        <span>{label}</span>
        {optional && <span className="font-normal text-2xs text-faint">optional</span>}
      </label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": error ? true : undefined })}
      {note && (
        <p id={`${id}-note`} className={cn("text-xs", error ? "text-bad" : "text-faint")}>
          {note}
        </p>
      )}
    </div>
  );
}

export const Input = ({ className, ...rest }: ComponentProps<"input">) => (
  <input autoComplete="off" spellCheck={false} className={cn(inputClass, className)} {...rest} />
);

/** For secrets: hidden, never filled in by the browser, and shown only on demand while typing. */
export function SecretInput({ className, ...rest }: ComponentProps<"input">) {
  const [shown, setShown] = useState(false);
  return (
    <span className="relative block">
      <input
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        data-1p-ignore
        data-lpignore="true"
        {...rest}
        type={shown ? "text" : "password"}
        className={cn(inputClass, "pr-9 font-mono", className)}
      />
      <button
        type="button"
        aria-label={shown ? "Hide what is typed" : "Show what is typed"}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="absolute inset-y-0 right-0 grid w-8 place-items-center rounded-md text-faint hover:text-text"
      >
        {shown ? <EyeOff className="size-4" /> : <Eye className="size-4" />}
      </button>
    </span>
  );
}

export function SearchInput({
  value,
  onValue,
  className,
  ...rest
}: { value: string; onValue: (value: string) => void } & Omit<ComponentProps<"input">, "value" | "onChange">) {
  return (
    <span className={cn("relative block min-w-0", className)}>
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint" />
      <input
        type="text"
        role="searchbox"
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value) {
            event.stopPropagation();
            onValue("");
          }
        }}
        className={cn(inputClass, "pr-7 pl-8")}
        {...rest}
      />
      {value && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => onValue("")}
          className="absolute inset-y-0 right-0 grid w-7 place-items-center rounded-md text-faint hover:text-text"
        >
          <X className="size-3.5" />
        </button>
      )}
    </span>
  );
}
