import { Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { type SessionRow, useSessionsNamed } from "@/api/sessions";
import { Card, Skeleton } from "@/components/controls";
import { CopyText } from "@/components/copy";
import { shortModel } from "@/lib/model-name";
import { count } from "@/lib/numbers";
import { fullTime } from "@/lib/time";
import { together } from "./together";
import { Cost, length, Tokens } from "./words";

/** Above the requests of one session: what it came to, with the key that the list is narrowed to or with all. */
export function SessionCard({ session, keyId }: { session: string; keyId: string | undefined }) {
  const named = useSessionsNamed(session, keyId);
  const data = useMemo(() => together(named.data ?? []), [named.data]);
  // It may be gone, or another's: its requests say so by themselves.
  if (!data && !named.isPending) return null;
  return (
    <Card className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-2.5" data-testid="session-card">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex min-w-0 items-baseline gap-2">
          <span className="min-w-0 truncate font-medium text-sm">{data?.project ?? "Session"}</span>
          <CopyText text={session} label="session" testid="session-card-name" className="text-faint" />
        </p>
        <p className="flex min-h-4 gap-x-3 text-muted text-xs">
          {data ? (
            <span className="min-w-0 truncate" title={`From ${fullTime(data.first_at)} to ${fullTime(data.last_at)}`}>
              {[data.client, shortModel(data.model, data.provider), data.key_name].filter(Boolean).join(" · ")}
            </span>
          ) : (
            <Skeleton className="w-40" />
          )}
          <Link
            to="/requests/sessions"
            search={{ project: data?.project ?? undefined }}
            className="shrink-0 rounded text-accent-text underline-offset-2 hover:underline"
            data-testid="session-card-all"
          >
            {data?.project ? "All of the project" : "All sessions"}
          </Link>
        </p>
      </div>
      <Figures row={data} keyId={keyId} />
    </Card>
  );
}

function Figures({ row, keyId }: { row: SessionRow | undefined; keyId: string | undefined }) {
  const errors = row?.totals.errors ?? 0;
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-1 sm:gap-x-6">
      <Figure name="Lasted">{row && length(row)}</Figure>
      <Figure name="Requests">
        {row && (
          <>
            {count(row.totals.requests)}
            {errors > 0 && (
              <Link
                to="/requests"
                search={{ session: row.session, key_id: keyId, status: "error" }}
                className="ml-1.5 rounded font-normal text-bad text-xs underline-offset-2 hover:underline"
              >
                {count(errors)} failed
              </Link>
            )}
          </>
        )}
      </Figure>
      <Figure name="Tokens in / out">{row && <Tokens totals={row.totals} />}</Figure>
      <Figure name="Cost">{row && <Cost totals={row.totals} />}</Figure>
    </dl>
  );
}

const Figure = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="min-w-14">
    <dt className="text-2xs text-faint">{name}</dt>
    <dd className="whitespace-nowrap font-medium text-sm">{children ?? <Skeleton className="my-1 w-12" />}</dd>
  </div>
);
