import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import type { IssuedKey, RequestRow } from "@/api/contract";
import { useEventFeed } from "@/api/events";
import { useProviders, useStatus } from "@/api/queries";
import { Button, Card, Skeleton } from "@/components/controls";
import { CodeBlock, CopyText } from "@/components/copy";
import { curlLine, fallbackBaseUrl } from "@/features/keys/snippets";
import { AddProvider } from "@/features/providers/add-provider";
import { UsePort } from "@/features/settings/use-port";
import { cn } from "@/lib/cn";
import { Arrival } from "./arrival";
import { IssueStep } from "./issue-step";

/** From nothing to a first request, watched as it arrives. */
export function Guide({ onDone }: { onDone: () => void }) {
  const status = useStatus();
  const providers = useProviders();
  const { watchRequests } = useEventFeed();
  const [adding, setAdding] = useState(false);
  const [useDemo, setUseDemo] = useState(false);
  const [issued, setIssued] = useState<IssuedKey | null>(null);
  const [arrived, setArrived] = useState<RequestRow | null>(null);

  useEffect(
    () => watchRequests({ arrived: (rows) => setArrived((first) => first ?? rows.at(-1) ?? null) }),
    [watchRequests],
  );

  const own = providers.data?.find((provider) => !provider.built_in && provider.enabled);
  const running = status.data?.listener.state === "running";
  const hasProvider = useDemo || own !== undefined;
  const baseUrl = status.data?.base_url ?? fallbackBaseUrl(status.data);
  const done = [running, hasProvider || issued !== null, issued !== null, arrived !== null];
  const current = done.indexOf(false);

  return (
    <Card className="max-w-[760px] overflow-hidden" data-testid="guide">
      <ol>
        <Step
          number={1}
          title={running ? "The gateway is running" : "Start the gateway"}
          done={done[0]!}
          current={current === 0}
        >
          {!status.data ? (
            <Skeleton className="w-48" />
          ) : running && status.data.base_url ? (
            <p className="flex flex-wrap items-baseline gap-x-2 text-muted">
              Tools reach it at <CopyText text={status.data.base_url} label="base URL" className="text-text" />
            </p>
          ) : (
            <div className="grid justify-items-start gap-2">
              <p className="text-muted first-letter:uppercase">
                {status.data.listener.message ?? "The listener is off. Switch it on under Settings."}
              </p>
              <UsePort listener={status.data.listener} />
            </div>
          )}
        </Step>
        <Step
          number={2}
          title={own ? `${own.label} is connected` : useDemo ? "The built-in demo answers" : "Choose who answers"}
          done={done[1]!}
          current={current === 1}
        >
          {own ? (
            <p className="text-muted">Its models are called {own.name}/… More can be added at any time.</p>
          ) : useDemo ? (
            <p className="flex flex-wrap items-center gap-2 text-muted">
              It runs inside the gateway and costs nothing.
              <Button size="sm" variant="ghost" onClick={() => setAdding(true)}>
                Add a provider instead
              </Button>
            </p>
          ) : (
            <div className="flex flex-wrap items-center gap-2">
              <Button
                variant={current === 1 ? "primary" : "secondary"}
                data-testid="guide-add-provider"
                onClick={() => setAdding(true)}
              >
                Add a provider
              </Button>
              <Button data-testid="guide-use-demo" onClick={() => setUseDemo(true)}>
                Use the built-in demo
              </Button>
              <span className="text-faint text-xs">The demo needs no account.</span>
            </div>
          )}
        </Step>
        <Step number={3} title={issued ? "The key is issued" : "Issue a key"} done={done[2]!} current={current === 2}>
          <IssueStep issued={issued} onIssued={setIssued} prominent={current === 2} />
        </Step>
        <Step
          number={4}
          title={arrived ? "The first request arrived" : "Call it"}
          done={done[3]!}
          current={current === 3}
          last
        >
          {arrived ? (
            <Arrival row={arrived} onDone={onDone} />
          ) : (
            <CallStep
              enabled={issued !== null}
              code={curlLine({ baseUrl, key: issued?.key ?? "$POSTERN_KEY", model: "demo" })}
              providerName={own?.name}
            />
          )}
        </Step>
      </ol>
      {!arrived && (
        <footer className="flex items-center justify-end border-line border-t bg-sunken px-4 py-2">
          <Button variant="ghost" size="sm" onClick={onDone} data-testid="guide-dismiss">
            Skip the guide
          </Button>
        </footer>
      )}
      <AddProvider open={adding} onClose={() => setAdding(false)} taken={providers.data?.map((p) => p.name) ?? []} />
    </Card>
  );
}

function CallStep({
  enabled,
  code,
  providerName,
}: {
  enabled: boolean;
  code: string;
  providerName: string | undefined;
}) {
  if (!enabled) return <p className="text-faint">A line to paste into a terminal appears here, with the key in it.</p>;
  return (
    <div className="grid min-w-0 gap-3">
      <CodeBlock label="curl command" code={code} testid="guide-curl" />
      <p className="text-muted text-xs">
        The model <code className="font-mono">demo</code> answers without an account.
        {providerName && (
          <>
            {" "}
            For {providerName}, put one of its models in its place: <code className="font-mono">{providerName}/…</code>
          </>
        )}
      </p>
      <p role="status" className="flex items-center gap-2 text-muted" data-testid="guide-waiting">
        <span aria-hidden className="relative grid size-4 place-items-center">
          <span className="absolute size-2 animate-ping rounded-full bg-accent opacity-60" />
          <span className="size-2 rounded-full bg-accent" />
        </span>
        Waiting for the request…
      </p>
    </div>
  );
}

function Step({
  number,
  title,
  done,
  current,
  last,
  children,
}: {
  number: number;
  title: string;
  done: boolean;
  current: boolean;
  last?: boolean;
  children: ReactNode;
}) {
  return (
    <li
      aria-current={current ? "step" : undefined}
      className="relative flex gap-4 px-5 pt-5 last:pb-6"
      data-testid={`guide-step-${number}`}
      data-done={done}
    >
      {!last && (
        <span
          aria-hidden
          className={cn("absolute top-12 bottom-[-16px] left-[32px] w-px", done ? "bg-accent" : "bg-line")}
        />
      )}
      <span
        aria-hidden
        className={cn(
          "z-[1] grid size-6 shrink-0 place-items-center rounded-full border font-medium text-xs transition-colors",
          done
            ? "border-accent bg-accent text-on-accent"
            : current
              ? "border-accent bg-surface text-accent-text"
              : "border-line-strong bg-surface text-faint",
        )}
      >
        {done ? <Check className="size-3.5" /> : number}
      </span>
      <div className={"grid min-w-0 flex-1 gap-2 pb-1"}>
        <h2 className={cn("font-semibold leading-6", !done && !current && "font-normal text-muted")}>
          {title}
          {done && <span className="sr-only"> (done)</span>}
        </h2>
        {children}
      </div>
    </li>
  );
}
