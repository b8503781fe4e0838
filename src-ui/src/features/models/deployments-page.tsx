import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Boxes, Plus, Tags } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { useAccess } from "@/api/access";
import { getGroups } from "@/api/governance-keys";
import { useModelGroups } from "@/api/queries";
import { Button } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { plural } from "@/lib/numbers";
import { AccessGroups } from "./access-groups";
import { AddDeployment } from "./add-deployment";
import { ordered } from "./deployment";
import { DeploymentDrawer } from "./deployment-drawer";
import { DeploymentTable } from "./deployment-table";

/** Names of one's own, and the deployments behind each. */
export function DeploymentsPage({ views }: { views: ReactNode }) {
  const search = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  const { may } = useAccess();
  const models = useModelGroups();
  const groups = useQuery({ queryKey: ["models", "groups"], queryFn: getGroups });
  const isPublic = useMemo(
    () =>
      new Set((groups.data ?? []).filter((group) => group.is_public_model_group).map(({ model_group: name }) => name)),
    [groups.data],
  );
  const rows = useMemo(() => ordered(models.data ?? [], search.q ?? ""), [models.data, search.q]);
  const total = models.data?.length ?? 0;
  const own = (models.data ?? []).some((row) => row.model_name !== "demo");
  const [access, setAccess] = useState(false);
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const names = new Set(rows.map(({ group }) => group)).size;
  const add = may("POST /model/new") && (
    <Button variant="primary" data-testid="add-deployment" onClick={() => change({ add: true })}>
      <Plus className="size-4" /> Add deployment
    </Button>
  );
  return (
    <Page
      fill
      title="Models"
      description={
        models.data
          ? `${plural(names, "model group")} of ${plural(rows.length, "deployment")}${search.q ? " found" : ""}`
          : " "
      }
      actions={views}
    >
      <div className="flex flex-wrap items-center gap-2">
        <SearchInput
          className="min-w-48 flex-1 basis-64"
          placeholder="Search by group, model, access group or tag"
          aria-label="Search model groups"
          data-testid="groups-search"
          value={search.q ?? ""}
          onValue={(q) => change({ q: q || undefined })}
        />
        {may("GET /access_group/list") && (
          <Button data-testid="access-groups" onClick={() => setAccess(true)}>
            <Tags className="size-4" /> Access groups
          </Button>
        )}
        {add}
      </div>
      {models.error && !models.data ? (
        <ErrorNotice error={models.error} onRetry={() => void models.refetch()} />
      ) : (
        <DeploymentTable
          rows={rows}
          isPublic={isPublic}
          loading={models.isPending}
          openKey={search.open}
          onOpen={(row) => change({ open: row.id })}
          footer={
            !own && models.data ? (
              <p className="mx-auto max-w-[520px] px-4 py-8 text-center text-muted text-sm" data-testid="groups-teach">
                A model group is a name of your own for one or more deployments: callers send{" "}
                <code className="font-mono text-xs">smart</code>, and what stands behind it can change, share the load
                or stand in when another fails.
              </p>
            ) : undefined
          }
          empty={
            <Empty
              icon={Boxes}
              title={total > 0 ? "No model group matches" : "No model groups yet"}
              testid="groups-empty"
              action={
                total > 0 ? (
                  <Button onClick={() => change({ q: undefined })}>Clear the search</Button>
                ) : (
                  (add ?? undefined)
                )
              }
            >
              {total === 0 &&
                "A model group is a name of your own for one or more deployments: what stands behind it can change, share the load or stand in when another fails."}
            </Empty>
          }
        />
      )}
      <DeploymentDrawer
        id={search.open}
        row={
          rows.find((row) => row.id === search.open) ?? ordered(models.data ?? [], "").find((r) => r.id === search.open)
        }
        loading={models.isPending}
        isPublic={isPublic}
        onClose={() => change({ open: undefined })}
      />
      {add && <AddDeployment open={search.add === true} onClose={() => change({ add: undefined })} />}
      {access && <AccessGroups models={models.data ?? []} onClose={() => setAccess(false)} />}
    </Page>
  );
}
