import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import { cn } from "@/lib/cn";
import { inputClass } from "./field";

export interface SelectOption {
  value: string;
  label: string;
  note?: string;
}

// Radix reserves the empty string for "nothing chosen", so "any" is spelt with a value of its own.
const ANY = "\u0000any";

/** One of many. With `any`, the empty value is offered first under that name. */
export function Select({
  value,
  onChange,
  options,
  any,
  filter,
  disabled,
  label,
  className,
  testid,
  id,
  ...described
}: {
  value: string;
  onChange: (value: string) => void;
  options: SelectOption[];
  any?: string;
  /** In a toolbar a choice other than `any` is marked: it hides things. */
  filter?: boolean;
  label?: string;
  className?: string;
  testid?: string;
  id?: string;
  disabled?: boolean;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}) {
  const all = any === undefined ? options : [{ value: ANY, label: any }, ...options];
  return (
    <Radix.Root
      disabled={disabled}
      value={value === "" && any !== undefined ? ANY : value}
      onValueChange={(next) => onChange(next === ANY ? "" : next)}
    >
      <Radix.Trigger
        id={id}
        aria-label={label}
        data-testid={testid}
        {...described}
        className={cn(
          inputClass,
          "inline-flex w-auto items-center justify-between gap-2 hover:bg-hover",
          value && filter && "border-accent",
          className,
        )}
      >
        <span className="truncate">
          <Radix.Value>{all.find((option) => option.value === (value || ANY))?.label ?? value}</Radix.Value>
        </span>
        <ChevronDown aria-hidden className="size-3.5 shrink-0 text-faint" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-50 max-h-[min(360px,var(--radix-select-content-available-height))] min-w-[var(--radix-select-trigger-width)] max-w-[min(420px,90vw)] overflow-hidden rounded-lg border border-line bg-raised shadow-pop"
        >
          <Radix.Viewport className="p-1">
            {all.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="relative flex h-7 select-none items-center gap-2 rounded pr-2 pl-7 text-sm outline-none data-[highlighted]:bg-hover"
              >
                <Radix.ItemIndicator className="absolute left-2">
                  <Check className="size-3.5 text-accent-text" />
                </Radix.ItemIndicator>
                <Radix.ItemText>
                  <span className={cn("truncate", option.value === ANY && "text-muted")}>{option.label}</span>
                </Radix.ItemText>
                {option.note && <span className="ml-auto pl-4 text-faint text-xs">{option.note}</span>}
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
