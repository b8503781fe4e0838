import { useNavigate, useSearch } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useAccess } from "@/api/access";
import { type FullKey, listKeys } from "@/api/governance-keys";
import { usePaged } from "@/api/paged";
import { Button } from "@/components/controls";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { plural } from "@/lib/numbers";
import { IssueKey } from "./issue-key";
import { KeyDrawer } from "./key-drawer";
import { KeyFilters, type KeySearch, parseSort, sortText } from "./key-filters";
import { KeyTable } from "./key-table";
import { RevokeKey } from "./revoke-key";

export function KeysPage() {
  const search = useSearch({ from: "/keys" });
  const navigate = useNavigate({ from: "/keys" });
  const { may } = useAccess();
  const mayIssue = may("POST /key/generate");
  const [revoking, setRevoking] = useState<FullKey | null>(null);
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: !("open" in next) });
  const sort = parseSort(search.sort);
  const filter = {
    search: search.q,
    team_id: search.team,
    user_id: search.user,
    organization_id: search.organization,
    status: search.state === "revoked" ? "deleted" : undefined,
    sort_by: sort.by,
    sort_order: sort.descending ? ("desc" as const) : ("asc" as const),
  };
  const keys = usePaged("keys", filter, (page, size) =>
    listKeys({ ...filter, page, size }).then((answer) => ({ rows: answer.keys, total: answer.total_count })),
  );
  const filtered = Boolean(search.q || search.team || search.user || search.organization || search.state);
  const issueButton = (
    <Button variant="primary" data-testid="issue-key" onClick={() => change({ issue: true })}>
      <Plus className="size-4" /> Issue key
    </Button>
  );
  return (
    <Page
      fill
      title="Keys"
      description={
        filtered && !keys.loading
          ? `${plural(keys.total, "key")} found`
          : keys.total > 20
            ? `${plural(keys.total, "key")}, each with its own limits, spend and off switch`
            : "One per tool or person: each with its own limits, spend and off switch."
      }
      actions={mayIssue && issueButton}
    >
      <KeyFilters search={search} onChange={(next: KeySearch) => change(next)} />
      {keys.error ? (
        <ErrorNotice error={keys.error} onRetry={keys.retry} />
      ) : (
        <KeyTable
          keys={keys}
          sort={sort}
          onSort={(next) => change({ sort: sortText(next) })}
          openKey={search.open}
          onOpen={(row) => change({ open: row.token })}
          onRevoke={setRevoking}
          empty={
            filtered ? (
              <Empty
                icon={KeyRound}
                title={search.state === "revoked" ? "No revoked key" : "No key matches"}
                testid="keys-none"
                action={
                  <Button
                    onClick={() =>
                      change({
                        q: undefined,
                        team: undefined,
                        user: undefined,
                        organization: undefined,
                        state: undefined,
                      })
                    }
                  >
                    Clear the filters
                  </Button>
                }
              >
                {search.state === "revoked" && "What is revoked is listed here, with who did it and when."}
              </Empty>
            ) : (
              <Empty
                icon={KeyRound}
                title="No keys yet"
                testid="keys-empty"
                action={
                  mayIssue && (
                    <Button onClick={() => change({ issue: true })}>
                      <Plus className="size-4" /> Issue key
                    </Button>
                  )
                }
              >
                Keys appear here with what they spent and what they may still spend. Tools call the gateway with one,
                never with a provider's.
              </Empty>
            )
          }
        />
      )}
      <KeyDrawer
        token={search.open}
        known={keys.rows.find((row) => row?.token === search.open)}
        revoked={search.state === "revoked"}
        onClose={() => change({ open: undefined })}
        onTurned={(token) => change({ open: token })}
        onRevoke={setRevoking}
      />
      {mayIssue && <IssueKey open={search.issue === true} onClose={() => change({ issue: undefined })} />}
      {revoking && (
        <RevokeKey
          row={revoking}
          onClose={() => setRevoking(null)}
          onRevoked={() => {
            if (search.open === revoking.token) change({ open: undefined });
          }}
        />
      )}
    </Page>
  );
}
