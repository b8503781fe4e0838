import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LogOut, Monitor, Moon, Search, Sun } from "lucide-react";
import { useAccess } from "@/api/access";
import { signOut } from "@/api/people";
import { useProviders, useStatus } from "@/api/queries";
import { Button, Dot, Kbd } from "@/components/controls";
import { CopyText } from "@/components/copy";
import { Mark } from "@/components/mark";
import { Menu, MenuItem } from "@/components/menu";
import { Tooltip } from "@/components/tooltip";
import { cn } from "@/lib/cn";
import { money } from "@/lib/money";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { platform } from "@/platform";
import { Bell } from "./bell";
import { GatewayLine, useGatewayState } from "./gateway-line";
import { ACCOUNT, isOpen, type PageLink, usePages } from "./pages";
import { roleOf, whoIs } from "./who";

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function Sidebar({ rail, onPalette }: { rail: boolean; onPalette: () => void }) {
  return (
    <aside
      aria-label="Postern"
      className={cn(
        "flex h-full shrink-0 flex-col gap-3 border-line border-r bg-sunken py-3",
        rail ? "w-14 items-center px-2" : "w-full px-3 sm:w-[208px]",
      )}
    >
      <div className={cn("flex h-8 items-center gap-2 font-semibold text-base", !rail && "pl-2")}>
        <Mark className="size-5" />
        {!rail && <span className="flex-1">Postern</span>}
        {!rail && <Bell />}
      </div>
      {rail && <Bell />}
      <PaletteButton rail={rail} onPalette={onPalette} />
      <Pages rail={rail} />
      <Footer rail={rail} />
    </aside>
  );
}

const PARTS = ["gateway", "people", "end"] as const;

function Pages({ rail }: { rail: boolean }) {
  const pages = usePages();
  const parts = PARTS.map((part) => pages.filter((page) => page.part === part)).filter((part) => part.length > 0);
  return (
    // A low window scrolls the pages, never the footer away. The focus ring needs the room at the sides.
    <nav aria-label="Pages" className="-mx-1 grid min-h-0 flex-1 content-start gap-2 overflow-y-auto px-1 py-0.5">
      {parts.map((part, index) => (
        <div key={part[0]!.part} className={cn("grid gap-0.5", index > 0 && "border-line border-t pt-2")}>
          {part.map((page) => (
            <NavLink key={page.id} page={page} rail={rail} />
          ))}
        </div>
      ))}
    </nav>
  );
}

function PaletteButton({ rail, onPalette }: { rail: boolean; onPalette: () => void }) {
  if (rail) {
    return (
      <Tooltip text={`Go to… (${isMac ? "⌘" : "Ctrl+"}K)`} side="right">
        <Button variant="ghost" size="icon" aria-label="Go to…" onClick={onPalette} data-testid="open-palette">
          <Search className="size-4" />
        </Button>
      </Tooltip>
    );
  }
  return (
    <button
      type="button"
      onClick={onPalette}
      data-testid="open-palette"
      className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-faint text-sm hover:border-line-strong hover:text-muted"
    >
      <Search aria-hidden className="size-3.5" />
      <span className="flex-1 text-left">Go to…</span>
      <Kbd>{isMac ? "⌘K" : "Ctrl K"}</Kbd>
    </button>
  );
}

function NavLink({ page, rail }: { page: PageLink; rail: boolean }) {
  const providers = useProviders();
  const status = useStatus();
  const refused = providers.data?.some(
    (p) => p.enabled && ["refused", "missing", "unavailable"].includes(p.credential.state),
  );
  const trouble =
    page.id === "providers" && refused
      ? "A provider's credential needs attention"
      : page.id === "settings" && status.data?.config?.error
        ? "The configuration file is not valid"
        : null;
  const link = (
    <Link
      to={page.to}
      data-testid={`nav-${page.id}`}
      aria-label={rail ? page.label : undefined}
      // What lies below a page is a part of it.
      activeOptions={{ exact: page.to === "/", includeSearch: false }}
      className={cn(
        "relative flex h-8 items-center gap-2.5 rounded-md text-muted hover:bg-hover hover:text-text",
        "aria-[current=page]:bg-selected aria-[current=page]:font-medium aria-[current=page]:text-text [&[aria-current=page]>svg]:text-accent-text",
        rail ? "w-10 justify-center" : "px-2",
      )}
    >
      <page.icon aria-hidden className="size-4" />
      {!rail && <span className="flex-1">{page.label}</span>}
      {trouble && (
        <span className={cn(rail && "absolute top-1 right-1")} title={trouble}>
          <Dot tone="bad" />
          <span className="sr-only">{trouble}</span>
        </span>
      )}
    </Link>
  );
  return rail ? (
    <Tooltip text={page.label} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}

function Footer({ rail }: { rail: boolean }) {
  const status = useStatus();
  const state = useGatewayState(status.data);
  const client = useQueryClient();
  const leave = async () => {
    // A session ends at the gateway; another key stays good, and a gateway that is gone must not keep anybody in.
    await Promise.race([signOut(), new Promise((resolve) => setTimeout(resolve, 1500))]).catch(() => {});
    platform.signIn?.clear();
    client.clear();
    // A fresh document: nothing of the session stays in memory.
    window.location.reload();
  };
  const buttons = (
    <>
      <ThemeMenu />
      {platform.signIn && (
        <Tooltip text="Sign out" side={rail ? "right" : "top"}>
          <Button variant="ghost" size="icon" aria-label="Sign out" onClick={leave} data-testid="sign-out">
            <LogOut className="size-4" />
          </Button>
        </Tooltip>
      )}
    </>
  );
  if (rail) {
    return (
      <div className="grid justify-items-center gap-1">
        {buttons}
        {state && (
          <Tooltip text={`Gateway ${state.word.toLowerCase()}. ${state.detail}`} side="right">
            <button
              type="button"
              aria-label={`Gateway ${state.word.toLowerCase()}`}
              className="grid size-8 place-items-center rounded-md"
            >
              <Dot tone={state.tone} />
            </button>
          </Tooltip>
        )}
      </div>
    );
  }
  return (
    <div className="grid gap-2 px-2">
      <div className="grid gap-1 border-line border-t pt-3 text-muted">
        <GatewayLine status={status.data} />
        <span className="flex h-4 items-center text-faint">
          {status.data?.base_url && (
            <CopyText
              text={status.data.base_url}
              shown={status.data.base_url.replace(/^https?:\/\//, "")}
              label="base URL"
              testid="sidebar-base-url"
            />
          )}
        </span>
        <p className="flex h-4 items-baseline justify-between text-xs">
          <span className="text-faint">Today</span>
          <span data-testid="sidebar-spend" className="text-text">
            {status.data ? money(status.data.spend_today_nanos) : ""}
          </span>
        </p>
      </div>
      <Who />
      <div className="-mx-2 flex items-center">{buttons}</div>
    </div>
  );
}

/** Who is signed in, with the way to their account; the administrator's key and the window have none. */
function Who() {
  const access = useAccess();
  if (!isOpen(access, ACCOUNT)) return null;
  return (
    <Link
      to={ACCOUNT.to}
      data-testid="nav-account"
      className="-mx-2 flex min-w-0 items-center gap-2 rounded-md px-2 py-1 hover:bg-hover aria-[current=page]:bg-selected"
    >
      <ACCOUNT.icon aria-hidden className="size-4 shrink-0 text-faint" />
      <span className="grid min-w-0">
        <span className="truncate text-xs" title={whoIs(access.session)}>
          {whoIs(access.session)}
        </span>
        <span className="truncate text-2xs text-faint">{roleOf(access.session)}</span>
      </span>
    </Link>
  );
}

const THEMES: { value: Theme; label: string; icon: typeof Sun }[] = [
  { value: "system", label: "As the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
];

function ThemeMenu() {
  const theme = useTheme();
  const Icon = THEMES.find((entry) => entry.value === theme)!.icon;
  return (
    <Menu
      align="start"
      trigger={
        <Button variant="ghost" size="icon" aria-label="Theme" title="Theme" data-testid="theme">
          <Icon className="size-4" />
        </Button>
      }
    >
      {THEMES.map((entry) => (
        <MenuItem key={entry.value} data-testid={`theme-${entry.value}`} onSelect={() => setTheme(entry.value)}>
          <entry.icon aria-hidden className="size-4 text-faint" />
          <span className="flex-1">{entry.label}</span>
          {entry.value === theme && <span className="text-accent-text text-xs">in use</span>}
        </MenuItem>
      ))}
    </Menu>
  );
}
