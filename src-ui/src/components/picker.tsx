import { Check, ChevronDown } from "lucide-react";
import { Popover } from "radix-ui";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { count } from "@/lib/numbers";
import { inputClass } from "./field";

export interface PickerOption {
  value: string;
  label: string;
  note?: string;
}

// Thousands of choices are narrowed by typing, not by scrolling.
const AT_MOST = 100;

/** Chooses one or several out of many, by typing. The empty list means `any`. */
export function Picker({
  chosen,
  onChange,
  options,
  any,
  label,
  multiple,
  filter,
  className,
  testid,
  id,
  trigger,
  onOpen,
  "aria-describedby": describedBy,
  "aria-invalid": invalid,
  ...search
}: {
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
  chosen: string[];
  onChange: (chosen: string[]) => void;
  options: PickerOption[];
  any: string;
  label: string;
  multiple?: boolean;
  /** What is typed, where others look for it: the options are then what was found. */
  onQuery?: (query: string) => void;
  /** They are still looking. */
  searching?: boolean;
  /** Makes a choice of what is typed, where it need not be one of the options. */
  free?: (query: string) => PickerOption;
  /** In a toolbar a choice other than `any` is marked: it hides things. */
  filter?: boolean;
  className?: string;
  testid?: string;
  id?: string;
  trigger?: ReactNode;
  /** Somebody wants to choose: what there is may be asked for now. */
  onOpen?: () => void;
}) {
  const [open, setOpen] = useState(false);
  const labels = chosen.map((value) => options.find((option) => option.value === value)?.label ?? value);
  const shown = labels.length > 2 ? `${labels.length} chosen` : labels.join(", ") || any;
  const spoken = labels.length > 2 ? `${shown}: ${labels.join(", ")}` : shown;
  return (
    <Popover.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) onOpen?.();
        if (!next) search.onQuery?.("");
      }}
    >
      <Popover.Trigger asChild>
        <button
          type="button"
          id={id}
          aria-label={`${label}: ${spoken}`}
          data-testid={testid}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          className={cn(
            inputClass,
            "inline-flex w-auto items-center justify-between gap-2 text-left hover:bg-hover",
            chosen.length > 0 && filter && "border-accent",
            className,
          )}
        >
          <span className="truncate">{trigger ?? shown}</span>
          <ChevronDown aria-hidden className="size-3.5 shrink-0 text-faint" />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className="z-[60] w-[min(340px,calc(100vw-16px))] min-w-[var(--radix-popover-trigger-width)] overflow-hidden rounded-lg border border-line bg-raised shadow-pop focus:outline-none"
        >
          <List
            chosen={chosen}
            onChange={onChange}
            options={options}
            any={any}
            label={label}
            multiple={multiple}
            onClose={() => setOpen(false)}
            {...search}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function List({
  chosen,
  onChange,
  options,
  any,
  label,
  multiple,
  onClose,
  onQuery,
  searching,
  free,
}: {
  chosen: string[];
  onChange: (chosen: string[]) => void;
  options: PickerOption[];
  any: string;
  label: string;
  multiple?: boolean;
  onClose: () => void;
  onQuery?: (query: string) => void;
  searching?: boolean;
  free?: (query: string) => PickerOption;
}) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = useMemo(() => {
    const words = onQuery ? [] : query.toLowerCase().split(/\s+/).filter(Boolean);
    const some = options.filter((option) => words.every((word) => option.label.toLowerCase().includes(word)));
    const typed = query.trim();
    if (!free || typed === "" || options.some(({ value }) => value === typed)) return some;
    return [...some, free(typed)];
  }, [options, query, onQuery, free]);
  const shown = found.slice(0, AT_MOST);
  // Without a search the first line takes the choice back.
  const lines: (PickerOption | null)[] = query ? shown : [null, ...shown];

  const toggle = (option: PickerOption | null | undefined) => {
    if (option === undefined) return;
    if (option === null) onChange([]);
    else if (!multiple) onChange([option.value]);
    else
      onChange(
        chosen.includes(option.value) ? chosen.filter((value) => value !== option.value) : [...chosen, option.value],
      );
    if (!multiple) onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive(Math.min(lines.length - 1, active + 1));
    else if (event.key === "ArrowUp") setActive(Math.max(0, active - 1));
    else if (event.key === "Enter") toggle(lines[active]);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  return (
    <>
      <input
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={lines.length > 0 ? `${id}-${active}` : undefined}
        aria-label={`Search: ${label}`}
        placeholder="Type to narrow"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          onQuery?.(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        className="h-9 w-full border-line border-b bg-transparent px-3 text-sm outline-none placeholder:text-faint"
      />
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label={label}
        aria-multiselectable={multiple}
        className="max-h-64 overflow-y-auto p-1"
      >
        {lines.map((option, index) => {
          const selected = option === null ? chosen.length === 0 : chosen.includes(option.value);
          return (
            <div
              key={option?.value ?? "\u0000any"}
              id={`${id}-${index}`}
              data-index={index}
              role="option"
              aria-selected={selected}
              onPointerMove={() => setActive(index)}
              onClick={() => toggle(option)}
              className={cn(
                "flex min-h-7 cursor-pointer items-center gap-2 rounded px-2 text-sm",
                index === active && "bg-hover",
              )}
            >
              <Check aria-hidden className={cn("size-3.5 shrink-0 text-accent-text", !selected && "invisible")} />
              <span className={cn("min-w-0 flex-1 truncate", option === null && "text-muted")} title={option?.label}>
                {option?.label ?? any}
              </span>
              {option?.note && <span className="shrink-0 text-faint text-xs">{option.note}</span>}
            </div>
          );
        })}
        {found.length === 0 && (
          <p className="px-3 py-4 text-center text-muted">
            {searching ? "Looking…" : query ? "Nothing matches." : "There is none yet."}
          </p>
        )}
        {found.length > AT_MOST && (
          <p className="px-3 py-2 text-faint text-xs">{count(found.length - AT_MOST)} more: type to narrow.</p>
        )}
      </div>
    </>
  );
}
