import { useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowUp, Pause, Play, ScrollText } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useEventFeed } from "@/api/events";
import type { RequestFilter } from "@/api/log";
import { Button, Dot } from "@/components/controls";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { VirtualTable } from "@/components/virtual-table";
import { SessionCard } from "@/features/sessions/session-card";
import { count, plural } from "@/lib/numbers";
import { fullTime } from "@/lib/time";
import { COLUMNS, narrowRow } from "./columns";
import { ExportMenu } from "./export-menu";
import { RequestFilters } from "./filters";
import { LogViews } from "./log-views";
import { NotLive } from "./not-live";
import { RequestDrawer } from "./request-drawer";
import { useRequestLog } from "./use-request-log";

const lookingBack = (to: number) => `Looked back to ${fullTime(to)}, and looking further…`;

export function RequestsPage() {
  const { open, ...filter } = useSearch({ from: "/requests" });
  const navigate = useNavigate({ from: "/requests" });
  const { connection } = useEventFeed();
  const [paused, setPaused] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const held = paused || scrolled;
  const log = useRequestLog(filter, held);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const setFilter = (next: RequestFilter) => {
    scroller.current?.scrollTo({ top: 0 });
    void navigate({ search: next, replace: true });
  };
  const setOpen = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, open: id }) });
  const resume = () => {
    setPaused(false);
    log.release();
    scroller.current?.scrollTo({ top: 0 });
  };
  // Back at the top by the reader's own scrolling: what waited may come.
  const { release } = log;
  useEffect(() => {
    if (!held) release();
  }, [held, release]);

  const word = !log.live
    ? "Not live"
    : connection !== "live"
      ? "Reconnecting"
      : paused
        ? "Paused"
        : scrolled
          ? "Paused while scrolled"
          : "Live";
  return (
    <Page
      fill
      title="Requests"
      description="Every call through the gateway, newest first."
      actions={
        <>
          <LogViews view="requests" filter={filter} />
          <span className="flex items-center gap-2 text-muted text-xs" role="status" data-testid="live-state">
            <Dot tone={!log.live ? "neutral" : connection !== "live" ? "warn" : held ? "neutral" : "ok"} />
            {word}
          </span>
          <ExportMenu filter={filter} />
          {log.live && (
            <Button data-testid="pause" aria-pressed={paused} onClick={() => (held ? resume() : setPaused(true))}>
              {held ? <Play className="size-3.5" /> : <Pause className="size-3.5" />}
              <span className="max-sm:sr-only">{held ? "Resume" : "Pause"}</span>
            </Button>
          )}
        </>
      }
    >
      <RequestFilters
        filter={filter}
        keyName={log.rows.find((row) => row.key_id === filter.key_id)?.key_name ?? undefined}
        onChange={setFilter}
      />
      {!log.live && (
        <NotLive
          filter={filter}
          readAt={log.readAt}
          unread={log.unread}
          busy={log.reading}
          onRefresh={() => {
            scroller.current?.scrollTo({ top: 0 });
            log.refresh();
          }}
        />
      )}
      {filter.session && <SessionCard session={filter.session} keyId={filter.key_id} />}
      {log.error && log.rows.length === 0 ? (
        <ErrorNotice error={log.error} onRetry={log.retry} />
      ) : (
        <div className="relative flex min-h-0 flex-1 flex-col">
          {log.waiting > 0 && (
            <Button
              variant="primary"
              size="sm"
              data-testid="new-requests"
              className="appear absolute top-10 left-1/2 z-20 -translate-x-1/2 rounded-full px-3 shadow-pop"
              onClick={resume}
            >
              <ArrowUp className="size-3.5" /> {count(log.waiting)} new
            </Button>
          )}
          <VirtualTable
            label="Requests"
            rows={log.rows}
            rowKey={(row) => row.id}
            rowTestid="request-row"
            columns={COLUMNS}
            narrow={narrowRow}
            openKey={open}
            onOpen={(row) => setOpen(row.id)}
            loading={log.loading}
            flash={log.isFresh}
            scroller={scroller}
            onScrolled={(top) => setScrolled(top > 8)}
            onEnd={log.more}
            footer={
              log.rows.length > 0 && (
                <p className="py-3 text-center text-faint text-xs" data-testid="requests-end">
                  {log.lookingBackTo !== null
                    ? lookingBack(log.lookingBackTo)
                    : log.loadingMore
                      ? "Loading more…"
                      : log.hasMore
                        ? " "
                        : `${plural(log.rows.length, "request")}, that is all`}
                </p>
              )
            }
            empty={
              log.lookingBackTo !== null ? (
                <Empty icon={ScrollText} title="None yet" testid="requests-looking">
                  <span role="status">{lookingBack(log.lookingBackTo)}</span>
                </Empty>
              ) : filtered ? (
                <Empty
                  icon={ScrollText}
                  title="No request matches"
                  testid="requests-none-match"
                  action={<Button onClick={() => setFilter({})}>Clear all filters</Button>}
                >
                  {filter.to === undefined && log.live && "New ones that match appear here by themselves."}
                </Empty>
              ) : (
                <Empty
                  icon={ScrollText}
                  title="No requests yet"
                  testid="requests-empty"
                  action={
                    <Button onClick={() => void navigate({ to: "/keys", search: { issue: true } })}>Issue a key</Button>
                  }
                >
                  Each call appears here the moment it ends, with its tokens, cost and timing. Issue a key and call the
                  model “demo”.
                </Empty>
              )
            }
          />
        </div>
      )}
      <RequestDrawer id={open} row={log.rows.find((row) => row.id === open)} onClose={() => setOpen(undefined)} />
    </Page>
  );
}
