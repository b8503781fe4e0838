import type { ReactNode } from "react";
import type { Status } from "@/api/contract";
import { useSession, useStatus, useWrite } from "@/api/queries";
import { dismissGuide, setListener } from "@/api/routes";
import { Button, Card, Dot, Segmented, Skeleton, Switch, type Tone } from "@/components/controls";
import { CopyText } from "@/components/copy";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Page } from "@/components/page";
import { bytes, count } from "@/lib/numbers";
import { setTheme, type Theme, useTheme } from "@/lib/theme";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { ConfigFacts } from "./config-card";
import { UsePort } from "./use-port";

export function SettingsPage() {
  const status = useStatus();
  return (
    <Page title="Settings" description="What runs, where it keeps things, and how the console looks.">
      {status.error && !status.data && <ErrorNotice error={status.error} onRetry={() => void status.refetch()} />}
      <div className="grid max-w-[760px] gap-4">
        <Listener status={status.data} />
        {status.data?.config && (
          <Block title="Configuration">
            <ConfigFacts config={status.data.config} />
          </Block>
        )}
        <VaultCard status={status.data} />
        <DatabaseCard status={status.data} />
        <Appearance />
        <About status={status.data} />
      </div>
    </Page>
  );
}

function Block({
  title,
  aside,
  loading,
  children,
}: {
  title: string;
  aside?: ReactNode;
  /** While it loads: as many lines as will come. */
  loading?: number | false;
  children: ReactNode;
}) {
  return (
    <Card className="p-4">
      <div className="mb-3 flex min-h-5 items-center justify-between gap-3">
        <h2 className="font-semibold text-sm">{title}</h2>
        {aside}
      </div>
      {loading ? (
        <div className="grid gap-1.5">
          {Array.from({ length: loading }, (_, line) => (
            <div key={line} className="flex h-5 items-center">
              <Skeleton className={line % 2 ? "w-1/2" : "w-2/3"} />
            </div>
          ))}
        </div>
      ) : (
        children
      )}
    </Card>
  );
}

const LISTENER: Record<Status["listener"]["state"], { tone: Tone; word: string }> = {
  running: { tone: "ok", word: "Running" },
  stopped: { tone: "neutral", word: "Stopped" },
  failed: { tone: "bad", word: "Failed" },
};

function Listener({ status }: { status: Status | undefined }) {
  const session = useSession();
  const now = useNow();
  const toggle = useWrite((running: boolean) => setListener(running), ["status"]);
  const inWindow = session.data?.origin === "window";
  const running = toggle.isPending ? toggle.variables : status?.listener.state === "running";
  return (
    <Block
      title="Gateway"
      loading={!status && 5}
      aside={
        status &&
        inWindow && (
          // biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control
          <label className="flex items-center gap-2 text-sm">
            {running ? "On" : "Off"}
            <Switch
              checked={running ?? false}
              onCheckedChange={(on) => toggle.mutate(on)}
              disabled={toggle.isPending}
              data-testid="listener-toggle"
              aria-label="Gateway listens for clients"
            />
          </label>
        )
      }
    >
      {status && (
        <>
          <Facts>
            <Fact name="State">
              <span className="inline-flex items-center gap-2">
                <Dot tone={LISTENER[status.listener.state].tone} /> {LISTENER[status.listener.state].word}
                {status.listener.message && <span className="text-muted">: {status.listener.message}</span>}
              </span>
            </Fact>
            <Fact name="Base URL">
              {status.base_url ? (
                <CopyText text={status.base_url} label="base URL" testid="base-url" />
              ) : (
                <span className="text-muted">none while it is stopped</span>
              )}
            </Fact>
            <Fact name="Address">
              <span className="inline-flex flex-wrap items-center gap-3">
                <code className="font-mono text-xs">{status.listener.address}</code>
                <UsePort listener={status.listener} />
              </span>
            </Fact>
            <Fact name="Up since">
              {fullTime(status.started_at)} <span className="text-faint">({relative(status.started_at, now)})</span>
            </Fact>
          </Facts>
          {!inWindow && (
            <p className="mt-3 text-faint text-xs">
              Turning it on and off is possible in the desktop window and its tray menu: here it would cut this page
              off.
            </p>
          )}
          {toggle.error && <ErrorNotice error={toggle.error} className="mt-3" />}
        </>
      )}
    </Block>
  );
}

function DatabaseCard({ status }: { status: Status | undefined }) {
  const database = status?.database;
  // Where things are kept is told to those who look after the gateway.
  if (status && !database) return null;
  return (
    <Block title="Database" loading={!status && 3}>
      {database && (
        <Facts>
          <Fact name="File">
            <CopyText text={database.path} label="path" />
          </Fact>
          <Fact name="Size">{bytes(database.size_bytes)}</Fact>
          <Fact name="Schema">version {database.schema_version}</Fact>
        </Facts>
      )}
    </Block>
  );
}

type Vault = NonNullable<Status["vault"]>;

const VAULTS: Record<Vault["kind"], string> = {
  keychain: "The system's keychain",
  file: "An encrypted file",
  memory: "Memory only: forgotten at the next start",
};
const VAULT_STATES: Record<Vault["state"], { tone: Tone; word: string }> = {
  ready: { tone: "ok", word: "Ready" },
  starting: { tone: "warn", word: "Starting" },
  locked: { tone: "warn", word: "Locked" },
  unavailable: { tone: "bad", word: "Not available" },
};

function VaultCard({ status }: { status: Status | undefined }) {
  const vault = status?.vault;
  if (status && !vault) return null;
  return (
    <Block title="Vault" loading={!status && 3}>
      {vault && (
        <Facts>
          <Fact name="Providers' keys">
            <span data-testid="vault-kind">{VAULTS[vault.kind]}</span>
          </Fact>
          <Fact name="State">
            <span className="inline-flex items-center gap-2">
              <Dot tone={VAULT_STATES[vault.state].tone} /> {VAULT_STATES[vault.state].word}
            </span>
          </Fact>
          <Fact name="Why">{vault.detail}</Fact>
        </Facts>
      )}
    </Block>
  );
}

const THEMES: { value: Theme; label: string }[] = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

function Appearance() {
  const theme = useTheme();
  const guide = useWrite(() => dismissGuide(false), ["status"]);
  const status = useStatus();
  const mayReturn = status.data?.setup.guide_dismissed && status.data.setup.external_requests === 0;
  return (
    <Block title="Console">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <span className="text-muted">Theme</span>
        <Segmented label="Theme" testid="settings-theme" value={theme} onChange={setTheme} options={THEMES} />
      </div>
      {mayReturn && (
        <div className="mt-3 flex flex-wrap items-center justify-between gap-3">
          <span className="text-muted">The first-run guide was dismissed</span>
          <Button size="sm" busy={guide.isPending} onClick={() => guide.mutate(undefined)}>
            Show it again
          </Button>
        </div>
      )}
    </Block>
  );
}

function About({ status }: { status: Status | undefined }) {
  return (
    <Block title="About" loading={!status && 2}>
      {status && (
        <Facts>
          <Fact name="Postern">
            <span data-testid="version">{status.version}</span>
          </Fact>
          <Fact name="Catalogue">
            {count(status.catalogue.models)} models, {status.catalogue.version}
          </Fact>
        </Facts>
      )}
    </Block>
  );
}
