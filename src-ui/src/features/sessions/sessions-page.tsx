import { useNavigate, useSearch } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { useCallback, useMemo, useRef } from "react";
import { keyOf, type SessionFilter, useSessions } from "@/api/sessions";
import { Button, Card } from "@/components/controls";
import { CodeBlock } from "@/components/copy";
import { SearchInput } from "@/components/field";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { Picker } from "@/components/picker";
import { VirtualTable } from "@/components/virtual-table";
import { useSpent } from "@/features/pickers/use-spent";
import { LogViews } from "@/features/requests/log-views";
import { plural } from "@/lib/numbers";
import { useSettled } from "@/lib/use-hooks";
import { COLUMNS, narrowRow } from "./columns";

/** What each run of a client came to. */
export function SessionsPage() {
  const filter = useSearch({ from: "/requests/sessions" });
  const navigate = useNavigate();
  const projects = useSpent("project", filter.project);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useSessions(filter);
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.sessions) ?? [], [list.data]);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const set = (change: SessionFilter) => {
    scroller.current?.scrollTo({ top: 0 });
    void navigate({ to: "/requests/sessions", search: { ...filter, ...change }, replace: true });
  };
  const [typed, setTyped] = useSettled(filter.search ?? "", (search) => set({ search: search.trim() || undefined }));
  const nothing = !list.isPending && !list.error && rows.length === 0 && !filtered;
  return (
    <Page
      fill
      title="Sessions"
      description="What each run of a client came to, last used first."
      actions={<LogViews view="sessions" filter={{ project: filter.project }} />}
    >
      {list.error && rows.length === 0 ? (
        <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />
      ) : nothing ? (
        <NoSessions />
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-2">
            <SearchInput
              className="min-w-44 flex-1 basis-52"
              placeholder="Search session, project, client or model"
              aria-label="Search sessions"
              data-testid="sessions-search"
              value={typed}
              onValue={setTyped}
            />
            <Picker
              filter
              label="Project"
              any="Any project"
              testid="sessions-project"
              className="max-w-56"
              {...projects}
              chosen={filter.project ? [filter.project] : []}
              onChange={([project]) => set({ project })}
            />
          </div>
          <VirtualTable
            label="Sessions"
            rows={rows}
            rowKey={(row) => `${keyOf(row)} ${row.session}`}
            rowTestid="session-row"
            rowName={(row) => row.session}
            columns={COLUMNS}
            narrow={narrowRow}
            onOpen={(row) => void navigate({ to: "/requests", search: { session: row.session, key_id: keyOf(row) } })}
            loading={list.isPending}
            scroller={scroller}
            onEnd={more}
            footer={
              rows.length > 0 && (
                <p className="py-3 text-center text-faint text-xs" data-testid="sessions-end">
                  {isFetchingNextPage
                    ? "Loading more…"
                    : hasNextPage
                      ? " "
                      : `${plural(rows.length, "session")}, that is all`}
                </p>
              )
            }
            empty={
              <Empty
                icon={MessagesSquare}
                title="No session matches"
                testid="sessions-none-match"
                action={
                  <Button onClick={() => set({ search: undefined, project: undefined })}>Clear all filters</Button>
                }
              />
            }
          />
        </>
      )}
    </Page>
  );
}

/** How a session is told: most tools do it by themselves, and a header does it for the others. */
function NoSessions() {
  return (
    <Card>
      <Empty icon={MessagesSquare} title="No sessions yet" testid="sessions-empty" className="pb-6">
        Requests that say which run they are part of are summed up here. Coding tools such as Claude Code and Codex say
        it by themselves, by a header of theirs; any other client does with this one, under a name of your own:
      </Empty>
      <div className="mx-auto max-w-[460px] px-6 pb-12">
        <CodeBlock label="headers" code={"x-postern-session: nightly-2026-11-27\nx-postern-project: billing"} />
        <p className="mt-2 text-center text-faint text-xs">
          The project is optional. It tells sessions of the same work from the others.
        </p>
      </div>
    </Card>
  );
}
