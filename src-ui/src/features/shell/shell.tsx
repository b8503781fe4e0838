import { useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useAccess } from "@/api/access";
import { useStatus } from "@/api/queries";
import { Button } from "@/components/controls";
import { Mark } from "@/components/mark";
import { useMedia } from "@/lib/use-hooks";
import { Bell } from "./bell";
import { Closed } from "./closed";
import { CommandPalette } from "./command-palette";
import { GatewayLine } from "./gateway-line";
import { ASIDE, isOpen, PAGES } from "./pages";
import { Sidebar } from "./sidebar";

/** Sidebar and page. Wide windows show the sidebar, narrow ones its icons, phones a menu button. */
export function Shell({ children }: { children: ReactNode }) {
  const wide = useMedia("(min-width: 980px)");
  const phone = useMedia("(max-width: 639px)");
  const [palette, setPalette] = useState(false);
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const access = useAccess();
  const page = [...PAGES, ...ASIDE].find((entry) => entry.to === pathname);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  useEffect(() => {
    document.title = page && page.id !== "overview" ? `${page.label} · Postern` : "Postern";
  }, [page]);

  return (
    <div className="flex h-full flex-col sm:flex-row">
      <button
        type="button"
        onClick={() => main.current?.focus()}
        className="sr-only z-[70] rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the page
      </button>
      {phone ? (
        <PhoneBar onPalette={() => setPalette(true)} pathname={pathname} />
      ) : (
        <Sidebar rail={!wide} onPalette={() => setPalette(true)} />
      )}
      <main ref={main} id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
        {page && !isOpen(access, page) ? <Closed page={page} /> : children}
      </main>
      <CommandPalette open={palette} onClose={() => setPalette(false)} />
    </div>
  );
}

function PhoneBar({ onPalette, pathname }: { onPalette: () => void; pathname: string }) {
  const [open, setOpen] = useState(false);
  const status = useStatus();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu
  useEffect(() => setOpen(false), [pathname]);
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-line border-b bg-sunken px-2">
      <Dialog.Root open={open} onOpenChange={setOpen}>
        <Dialog.Trigger asChild>
          <Button variant="ghost" size="icon" aria-label="Menu" data-testid="menu">
            <MenuIcon className="size-5" />
          </Button>
        </Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
          <Dialog.Content
            aria-describedby={undefined}
            className="appear fixed inset-y-0 left-0 z-50 flex w-[264px] border-line border-r bg-sunken focus:outline-none"
          >
            <Dialog.Title className="sr-only">Menu</Dialog.Title>
            <Sidebar
              rail={false}
              onPalette={() => {
                setOpen(false);
                onPalette();
              }}
            />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
      <span className="flex flex-1 items-center gap-2 font-semibold">
        <Mark className="size-5" /> Postern
      </span>
      <GatewayLine status={status.data} short />
      <Bell />
    </header>
  );
}
