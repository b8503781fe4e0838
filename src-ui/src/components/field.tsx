import { Search, X } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "@/lib/cn";

export const inputClass =
  "h-8 w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-sm text-text placeholder:text-faint focus-visible:outline-offset-0 disabled:opacity-50 aria-[invalid=true]:border-bad";

/** Label, control, and below it either what is wrong or what is meant. */
export function Field({
  label,
  hint,
  error,
  optional,
  required,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | null;
  optional?: boolean;
  /** Worth saying where the fields around it may be left empty. */
  required?: boolean;
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
        {(optional || required) && (
          <span className="font-normal text-2xs text-faint">{required ? "required" : "optional"}</span>
        )}
      </label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": error ? true : undefined })}
      {note && (
        <div id={`${id}-note`} className={cn("break-words text-xs", error ? "text-bad" : "text-faint")}>
          {note}
        </div>
      )}
    </div>
  );
}

export const Input = ({ className, ...rest }: ComponentProps<"input">) => (
  <input autoComplete="off" spellCheck={false} className={cn(inputClass, className)} {...rest} />
);

/** An amount of money, typed. */
export function DollarInput({
  value,
  onValue,
  testid,
  placeholder = "no limit",
  ...control
}: {
  value: string;
  onValue: (value: string) => void;
  testid?: string;
  placeholder?: string;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}) {
  return (
    <span className="relative block">
      <span aria-hidden className="absolute top-1.5 left-2.5 text-faint">
        $
      </span>
      <Input
        {...control}
        inputMode="decimal"
        data-testid={testid}
        className="pl-6"
        placeholder={placeholder}
        value={value}
        onChange={(event) => onValue(event.target.value)}
      />
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
