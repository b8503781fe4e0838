import type { ReactNode } from "react";
import { useAccess } from "@/api/access";
import { Badge } from "@/components/controls";
import { type Column, VirtualTable } from "@/components/virtual-table";
import { rateWords } from "@/features/limits/limits";
import { useTeamNames } from "@/features/pickers/use-found";
import { cn } from "@/lib/cn";
import { compact } from "@/lib/numbers";
import type { Shown } from "./deployment";

const faint = (word: string) => <span className="text-faint">{word}</span>;

export const rates = (row: Shown) => rateWords({ rpm_limit: row.rpm, tpm_limit: row.tpm }, compact);

const SOURCES = { file: "file", built_in: "built in" } as const;
export const WHY = {
  file: "It stands in the configuration file and is changed there.",
  built_in: "It is built in, so that there is something to call from the first minute on.",
} as const;

export function DeploymentTable({
  rows,
  isPublic,
  loading,
  openKey,
  onOpen,
  footer,
  empty,
}: {
  rows: Shown[];
  isPublic: Set<string>;
  loading: boolean;
  openKey: string | undefined;
  onOpen: (row: Shown) => void;
  footer: ReactNode;
  empty: ReactNode;
}) {
  const { may } = useAccess();
  const hasTeams = rows.some((row) => row.team);
  const teamName = useTeamNames(hasTeams && may("GET /v2/team/list"));
  // The name of a group stands at the first of its deployments; the others are seen to follow it.
  const first = new Set(rows.filter((row, index) => rows[index - 1]?.group !== row.group).map(({ id }) => id));
  const group = (row: Shown) => (
    <span className="flex min-w-0 items-center gap-2">
      <span
        className={cn("min-w-0 truncate", first.has(row.id) ? "font-medium" : "text-faint", row.team && "max-w-[70%]")}
        title={row.group}
      >
        {row.group}
      </span>
      {row.readOnly && <Badge title={WHY[row.readOnly]}>{SOURCES[row.readOnly]}</Badge>}
      {isPublic.has(row.group) && !row.team && first.has(row.id) && <Badge tone="accent">public</Badge>}
      {row.team && (
        <Badge className="min-w-8 max-w-[50%] shrink" title={`Only keys of ${teamName(row.team)} may use it`}>
          <span className="truncate">{teamName(row.team)}</span>
        </Badge>
      )}
    </span>
  );
  const columns: Column<Shown>[] = [
    { id: "group", header: "Model group", width: "minmax(170px,1fr)", cell: group },
    {
      id: "model",
      header: "Deployment",
      width: "minmax(180px,1.2fr)",
      cell: (row) => (
        <span className="block truncate" title={row.apiBase ? `${row.model} at ${row.apiBase}` : row.model}>
          {row.model}
          {row.apiBase && <span className="text-faint"> at {host(row.apiBase)}</span>}
        </span>
      ),
    },
    {
      id: "access",
      header: "Access groups",
      width: "minmax(110px,0.6fr)",
      from: 900,
      cell: (row) => (
        <span className="block truncate text-muted text-xs" title={row.accessGroups.join("\n")}>
          {row.accessGroups.join(", ") || faint("–")}
        </span>
      ),
    },
    {
      id: "tags",
      header: "Tags",
      width: "minmax(80px,0.4fr)",
      from: 1040,
      cell: (row) => (
        <span className="block truncate text-muted text-xs" title={row.tags.join("\n")}>
          {row.tags.join(", ") || faint("–")}
        </span>
      ),
    },
    {
      id: "rates",
      header: "Rate limits",
      width: "minmax(110px,0.7fr)",
      from: 760,
      cell: (row) => <span className="block truncate text-muted text-xs">{rates(row) || faint("–")}</span>,
    },
    {
      id: "weight",
      header: "Weight",
      width: "60px",
      from: 700,
      align: "right",
      cell: (row) => row.weight ?? faint("–"),
    },
  ];
  return (
    <VirtualTable
      label="Deployments"
      rows={rows}
      rowKey={(row) => row.id}
      rowTestid="deployment-row"
      rowName={(row) => row.id}
      columns={columns}
      narrow={(row) => (
        <div className="min-w-0 flex-1">
          {group(row)}
          <p className="truncate text-muted text-xs">{[row.model, rates(row)].filter(Boolean).join(" · ")}</p>
        </div>
      )}
      onOpen={onOpen}
      openKey={openKey}
      loading={loading}
      footer={footer}
      empty={empty}
    />
  );
}

function host(url: string) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}
