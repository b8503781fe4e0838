import { useNavigate } from "@tanstack/react-router";
import { Boxes, Copy, CornerDownLeft, KeyRound, type LucideIcon, Moon, Plug, Plus, Search, Sun } from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import { useCatalogue, useStatus } from "@/api/queries";
import { cn } from "@/lib/cn";
import { modelName } from "@/lib/model-name";
import { setTheme } from "@/lib/theme";
import { platform } from "@/platform";
import { ASIDE, isOpen, usePages } from "./pages";

interface Command {
  id: string;
  group: "Pages" | "Actions" | "Models";
  label: string;
  icon: LucideIcon;
  /** Other words that it is found by. */
  words?: string;
  run: () => void;
}

/** What can be made from anywhere, with the route that makes it. */
const MADE = [
  { id: "user", label: "Add a user", to: "/users", needs: "POST /user/new" },
  { id: "team", label: "Make a team", to: "/teams", needs: "POST /team/new" },
  { id: "organization", label: "Make an organization", to: "/organizations", needs: "POST /organization/new" },
  { id: "customer", label: "Add a customer", to: "/customers", needs: "POST /customer/new" },
  { id: "budget", label: "Make a budget", to: "/budgets", needs: "POST /budget/new" },
  { id: "tag", label: "Make a tag", to: "/tags", needs: "POST /tag/new" },
] as const;

/** Ctrl+K: jump to a page, a model, or the few things one does most. */
export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const chosen = useRef<Command | null>(null);
  // Once the focus is back where it was: a dialog that a command opens takes it from there, and gives it back.
  const runChosen = () => {
    const command = chosen.current;
    chosen.current = null;
    if (command) setTimeout(command.run);
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={runChosen}
          data-testid="palette"
          className="appear fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-[560px] overflow-hidden rounded-xl border border-line bg-raised shadow-pop focus:outline-none"
        >
          <Dialog.Title className="sr-only">Go to</Dialog.Title>
          <PaletteBody
            onChosen={(command) => {
              chosen.current = command;
              onClose();
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteBody({ onChosen }: { onChosen: (command: Command) => void }) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const commands = useCommands(query);
  const run = (command: Command | undefined) => command && onChosen(command);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive((active + 1) % Math.max(1, commands.length));
    else if (event.key === "ArrowUp") setActive((active - 1 + commands.length) % Math.max(1, commands.length));
    else if (event.key === "Enter") run(commands[active]);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    list.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <>
      <div className="flex items-center gap-2.5 border-line border-b px-4">
        <Search aria-hidden className="size-4 text-faint" />
        <input
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={commands[active] ? `${id}-${active}` : undefined}
          aria-label="Go to a page, model or action"
          data-testid="palette-input"
          placeholder="Page, model or action"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          className="h-11 flex-1 bg-transparent text-base outline-none placeholder:text-faint"
        />
      </div>
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label="Results"
        className="max-h-[min(380px,60vh)] overflow-y-auto p-1.5"
      >
        {commands.map((command, index) => (
          <div key={command.id}>
            {commands[index - 1]?.group !== command.group && (
              <div role="presentation" className="px-2.5 pt-2 pb-1 text-2xs text-faint">
                {command.group}
              </div>
            )}
            <div
              id={`${id}-${index}`}
              data-index={index}
              role="option"
              aria-selected={index === active}
              data-testid={`palette-${command.id}`}
              onPointerMove={() => setActive(index)}
              onClick={() => run(command)}
              className={cn(
                "flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5",
                index === active && "bg-hover",
              )}
            >
              <command.icon aria-hidden className="size-4 shrink-0 text-faint" />
              <span className="min-w-0 flex-1 truncate">{command.label}</span>
              {index === active && <CornerDownLeft aria-hidden className="size-3.5 text-faint" />}
            </div>
          </div>
        ))}
        {commands.length === 0 && <p className="px-3 py-6 text-center text-muted">Nothing is called “{query}”.</p>}
      </div>
    </>
  );
}

function useCommands(query: string): Command[] {
  const navigate = useNavigate();
  const status = useStatus();
  const catalogue = useCatalogue();
  const baseUrl = status.data?.base_url;
  const access = useAccess();
  const open = usePages();
  return useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (label: string) => words.every((word) => label.toLowerCase().includes(word));
    const pages: Command[] = [...open, ...ASIDE.filter((page) => isOpen(access, page))].map((page) => ({
      words: page.words,
      id: page.id,
      group: "Pages",
      label: page.label,
      icon: page.icon,
      run: () => void navigate({ to: page.to }),
    }));
    const issue: Command[] = [
      {
        id: "issue-key",
        group: "Actions",
        label: "Issue a key",
        icon: KeyRound,
        run: () => void navigate({ to: "/keys", search: { issue: true } }),
      },
    ];
    const add: Command[] = [
      {
        id: "add-provider",
        group: "Actions",
        label: "Add a provider",
        icon: Plug,
        run: () => void navigate({ to: "/providers", search: { add: true } }),
      },
    ];
    const actions: Command[] = [
      ...(access.may("POST /key/generate") ? issue : []),
      ...(access.may("POST /console/providers") ? add : []),
      ...MADE.filter(({ needs }) => access.may(needs)).map(
        ({ id, label, to }): Command => ({
          id: `new-${id}`,
          group: "Actions",
          label,
          icon: Plus,
          run: () => void navigate({ to, search: { new: true } }),
        }),
      ),
      { id: "theme-light", group: "Actions", label: "Light theme", icon: Sun, run: () => setTheme("light") },
      { id: "theme-dark", group: "Actions", label: "Dark theme", icon: Moon, run: () => setTheme("dark") },
    ];
    if (baseUrl) {
      actions.push({
        id: "copy-base-url",
        group: "Actions",
        label: `Copy the base URL (${baseUrl})`,
        icon: Copy,
        run: () =>
          void platform.copy(baseUrl).then(
            () => toast.success("Base URL copied"),
            () => toast.error("The clipboard is not accessible."),
          ),
      });
    }
    const models: Command[] =
      words.length === 0
        ? []
        : (catalogue.data?.models ?? [])
            .filter((model) => fits(modelName(model)))
            // What can be called is what is looked for.
            .sort((a, b) => Number(b.available) - Number(a.available))
            .slice(0, 8)
            .map((model) => ({
              id: `model-${modelName(model)}`,
              group: "Models",
              label: modelName(model),
              icon: Boxes,
              run: () => void navigate({ to: "/models", search: { open: modelName(model) } }),
            }));
    return [...[...pages, ...actions].filter(({ label, words }) => fits(`${label} ${words ?? ""}`)), ...models];
  }, [query, navigate, catalogue.data, baseUrl, access, open]);
}
