import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Route, useAccess } from "@/api/access";
import type { AuditEntry } from "@/api/contract";
import { getChange } from "@/api/people";
import { Badge, Button } from "@/components/controls";
import { CodeBlock, CopyText } from "@/components/copy";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { difference } from "./difference";
import { Differences } from "./differences";
import { actionOf, kindName, placeOf, thingName } from "./words";

interface Props {
  /** What those are called who change things. */
  who: (id: string) => string;
  /** Shows the changes of one thing, or those of somebody. */
  onNarrow: (to: { q: string; type: string } | { who: string }) => void;
}

/** One change: who, when, and what was before and after. */
export function AuditDrawer({
  id,
  known,
  onClose,
  ...rest
}: Props & { id: string | undefined; known: AuditEntry | undefined; onClose: () => void }) {
  const found = useQuery({
    queryKey: ["audit", "one", id],
    queryFn: () => getChange(id!),
    enabled: id !== undefined && !known,
    // What was written down stays as it is.
    staleTime: Infinity,
  });
  const entry = known ?? found.data;
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={entry ? thingName(entry) : "Change"}
      label="Parts of the change"
      testid="audit-drawer"
      loading={!entry && !found.error}
      error={entry ? null : found.error}
      onRetry={() => void found.refetch()}
      tabs={
        entry
          ? [
              { id: "change", label: "Change", content: <Change entry={entry} {...rest} /> },
              { id: "whole", label: "Before and after", content: <Whole entry={entry} /> },
            ]
          : []
      }
    />
  );
}

// The page that shows a thing, and the route that it lives by.
const LIVES_BY: Record<string, Route> = {
  "/keys": "GET /key/list",
  "/users": "GET /user/list",
  "/teams": "GET /v2/team/list",
  "/organizations": "GET /organization/list",
  "/customers": "GET /customer/list",
  "/budgets": "GET /budget/list",
  "/tags": "GET /tag/list",
  "/models": "GET /v2/model/info",
};

function Change({ entry, who, onNarrow }: Props & { entry: AuditEntry }) {
  const now = useNow();
  const access = useAccess();
  const { label, tone } = actionOf(entry.action);
  const place = placeOf(entry);
  const open = place && access.may(LIVES_BY[place.to]!) ? place : null;
  const name = who(entry.changed_by);
  return (
    <>
      <Section title="What was done">
        <Facts>
          <Fact name="Action">
            <Badge tone={tone}>{label}</Badge>
          </Fact>
          <Fact name={kindName(entry.object_type)}>
            {open ? (
              <Link
                to={open.to}
                search={open.to === "/models" ? { view: "groups", open: open.open } : { open: open.open }}
                className="hover:underline"
              >
                {thingName(entry)}
              </Link>
            ) : (
              thingName(entry)
            )}
          </Fact>
          <Fact name="Id">
            <CopyText text={entry.object_id} label="id" className="text-xs" />
          </Fact>
          <Fact name="When">
            {fullTime(entry.updated_at)} <span className="text-faint text-xs">{relative(entry.updated_at, now)}</span>
          </Fact>
          <Fact name="By">
            {name}
            {name !== entry.changed_by && name !== "Administrator" && name !== "Postern itself" && (
              <span className="ml-2 text-faint text-xs">{entry.changed_by}</span>
            )}
          </Fact>
          {entry.changed_by_api_key && (
            <Fact name="With the key">
              <CopyText
                text={entry.changed_by_api_key}
                shown={`${entry.changed_by_api_key.slice(0, 12)}…`}
                label="hash"
                className="text-xs"
              />
            </Fact>
          )}
        </Facts>
        <div className="mt-3 flex flex-wrap gap-2">
          <Button
            size="sm"
            data-testid="audit-of-thing"
            onClick={() => onNarrow({ q: entry.object_id, type: entry.object_type })}
          >
            All changes of it
          </Button>
          <Button size="sm" data-testid="audit-by-who" onClick={() => onNarrow({ who: entry.changed_by })}>
            All changes by {name}
          </Button>
        </div>
      </Section>
      <Section title={TITLES[entry.action] ?? "What changed"}>
        <Differences lines={difference(entry)} entry={entry} />
      </Section>
    </>
  );
}

const TITLES: Record<string, string> = { created: "What it was made with", deleted: "What it was" };

function Whole({ entry }: { entry: AuditEntry }) {
  const parts = [
    { label: "Before", value: entry.before_value },
    { label: "After", value: entry.updated_values },
  ].filter(({ value }) => value);
  if (parts.length === 0) return <p className="p-5 text-muted">Nothing was written down besides who and when.</p>;
  return (
    <div className="grid gap-4 p-5">
      <p className="text-faint text-xs">
        As the database has it: money in nano-dollars, times in milliseconds, without secrets.
      </p>
      {parts.map(({ label, value }) => (
        <CodeBlock key={label} label={label} code={JSON.stringify(value, null, 2)} />
      ))}
    </div>
  );
}
