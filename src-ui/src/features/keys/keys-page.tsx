import { useNavigate, useSearch } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import type { KeyRow } from "@/api/contract";
import { useKeys } from "@/api/queries";
import { Button, Card, Skeleton } from "@/components/controls";
import { SearchInput } from "@/components/field";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { IssueKey } from "./issue-key";
import { KeyLine } from "./key-line";
import { RevokeKey } from "./revoke-key";

// A search is offered once there is something to search.
const SEARCH_FROM = 8;

export function KeysPage() {
  const { issue } = useSearch({ from: "/keys" });
  const navigate = useNavigate({ from: "/keys" });
  const keys = useKeys();
  const [query, setQuery] = useState("");
  const [revoking, setRevoking] = useState<KeyRow | null>(null);
  const setIssuing = (open: boolean) => void navigate({ search: { issue: open || undefined } });
  const rows = useMemo(
    () =>
      [...(keys.data ?? [])]
        .filter((key) => `${key.key_alias ?? ""} ${key.key_name}`.toLowerCase().includes(query.trim().toLowerCase()))
        .sort((a, b) => (a.created_at < b.created_at ? 1 : -1)),
    [keys.data, query],
  );
  return (
    <Page
      title="Keys"
      description="One per tool or person: each with its own limits, spend and off switch."
      actions={
        <Button variant="primary" data-testid="issue-key" onClick={() => setIssuing(true)}>
          <Plus className="size-4" /> Issue key
        </Button>
      }
    >
      {keys.error && !keys.data && <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.isPending && (
        <Card aria-hidden className="divide-y divide-line">
          {[0, 1, 2, 3].map((line) => (
            <div key={line} className="flex h-16 items-center gap-4 px-4">
              <Skeleton className="w-40" />
              <Skeleton className="w-24" />
              <Skeleton className="ml-auto w-32" />
            </div>
          ))}
        </Card>
      )}
      {keys.data && keys.data.length >= SEARCH_FROM && (
        <SearchInput
          className="max-w-72"
          placeholder="Search keys"
          aria-label="Search keys"
          value={query}
          onValue={setQuery}
        />
      )}
      {rows.length > 0 && (
        <Card className="divide-y divide-line">
          {rows.map((key) => (
            <KeyLine key={key.token} row={key} onRevoke={() => setRevoking(key)} />
          ))}
        </Card>
      )}
      {keys.data && rows.length === 0 && (
        <Card>
          {keys.data.length === 0 ? (
            <Empty
              icon={KeyRound}
              title="No keys yet"
              testid="keys-empty"
              action={
                <Button onClick={() => setIssuing(true)}>
                  <Plus className="size-4" /> Issue key
                </Button>
              }
            >
              Keys appear here with what they spent and what they may still spend. Tools call the gateway with one,
              never with a provider's.
            </Empty>
          ) : (
            <Empty
              icon={KeyRound}
              title="No key matches"
              action={<Button onClick={() => setQuery("")}>Clear the search</Button>}
            />
          )}
        </Card>
      )}
      <IssueKey open={issue === true} onClose={() => setIssuing(false)} />
      {revoking && <RevokeKey row={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}
