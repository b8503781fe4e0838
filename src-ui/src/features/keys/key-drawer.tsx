import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, CirclePlay, KeyRound, Pencil, RefreshCw, ScrollText, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type Route, useAccess } from "@/api/access";
import { type FullKey, listKeys } from "@/api/governance-keys";
import { Badge, Button, Skeleton } from "@/components/controls";
import { Drawer } from "@/components/dialog";
import { Empty, ErrorNotice } from "@/components/notice";
import { useLeaving } from "@/components/unsaved";
import { useNow } from "@/lib/use-hooks";
import { EditKey } from "./edit-key";
import { KeyFacts } from "./key-facts";
import { keyState, nameOf } from "./key-state";
import { RegenerateKey, RotatedKey } from "./regenerate-key";
import { useBlock } from "./use-key-writes";

/** One key: what it spent of what, what it may do, whose it is; and everything that can be done with it. */
export function KeyDrawer({
  token,
  known,
  revoked,
  onClose,
  onRevoke,
  onTurned,
}: {
  token: string | undefined;
  known: FullKey | undefined;
  revoked: boolean;
  onClose: () => void;
  onRevoke: (row: FullKey) => void;
  /** The key has another hash. */
  onTurned: (token: string) => void;
}) {
  const now = useNow();
  // A link may name a key that is on no page that was read.
  const found = useQuery({
    queryKey: ["keys", "one", token, revoked],
    queryFn: () => listKeys({ page: 1, size: 1, key_hash: token, status: revoked ? "deleted" : undefined }),
    enabled: token !== undefined,
  });
  const row = found.data?.keys[0] ?? known;
  const state = row && keyState(row, now);
  const { close, watched, question } = useLeaving(row ? nameOf(row) : "the key", () => {
    setEditing(null);
    onClose();
  });
  const [editing, setEditing] = useState<string | null>(null);
  // Kept here, beside the row: a new secret gives the key another hash, and what shows it must not go with the old row.
  const [asked, setAsked] = useState<{ row: FullKey; what: "new" | "rotated" } | null>(null);
  return (
    <>
      <Drawer
        open={token !== undefined}
        onClose={close}
        testid="key-drawer"
        title={
          <span className="flex min-w-0 items-center gap-2">
            <span className="truncate" title={row && nameOf(row)}>
              {row ? nameOf(row) : "Key"}
            </span>
            {state && <Badge tone={state.tone}>{state.word}</Badge>}
          </span>
        }
      >
        {!row && found.error && (
          <ErrorNotice error={found.error} className="m-5" onRetry={() => void found.refetch()} />
        )}
        {!row && found.isPending && (
          <div aria-busy className="grid gap-4 p-5">
            {[0, 1, 2, 3, 4, 5].map((line) => (
              <Skeleton key={line} className={line % 2 ? "w-1/2" : "w-4/5"} />
            ))}
          </div>
        )}
        {!row && found.data && (
          <Empty icon={KeyRound} title="There is no such key" testid="key-unknown">
            It was revoked, given another secret, or it is not yours to see.
          </Empty>
        )}
        {row &&
          (editing === row.token ? (
            watched(<EditKey row={row} onDone={() => setEditing(null)} />)
          ) : (
            <>
              <ActionsRow
                row={row}
                onEdit={() => setEditing(row.token)}
                onSecret={(what) => setAsked({ row, what })}
                onRevoke={onRevoke}
              />
              <KeyFacts row={row} />
            </>
          ))}
        {question}
      </Drawer>
      {asked?.what === "new" && <RegenerateKey row={asked.row} onClose={() => setAsked(null)} onTurned={onTurned} />}
      {asked?.what === "rotated" && <RotatedKey row={asked.row} onClose={() => setAsked(null)} />}
    </>
  );
}

function ActionsRow({
  row,
  onEdit,
  onSecret,
  onRevoke,
}: {
  row: FullKey;
  onEdit: () => void;
  onSecret: (what: "new" | "rotated") => void;
  onRevoke: (row: FullKey) => void;
}) {
  const { may } = useAccess();
  const block = useBlock(row);
  const alive = !row.deleted_at;
  const can = (route: Route): boolean => alive && may(route);
  return (
    <div className="flex flex-wrap gap-2 border-line border-b px-5 py-3">
      {can("POST /key/update") && (
        <Act icon={<Pencil className="size-3.5" />} testid="key-edit" onClick={onEdit}>
          Edit
        </Act>
      )}
      {can("POST /key/regenerate") && (
        <Act icon={<RefreshCw className="size-3.5" />} testid="key-regenerate" onClick={() => onSecret("new")}>
          New secret
        </Act>
      )}
      {can("POST /key/block") && (
        <Act
          icon={row.blocked ? <CirclePlay className="size-3.5" /> : <Ban className="size-3.5" />}
          testid="key-drawer-block"
          busy={block.busy}
          onClick={block.toggle}
        >
          {row.blocked ? "Unblock" : "Block"}
        </Act>
      )}
      <Link
        to="/requests"
        search={{ key_id: row.key_id }}
        data-testid="key-requests"
        className="inline-flex h-7 items-center gap-1.5 rounded-md border border-transparent px-2 text-muted text-xs hover:bg-hover hover:text-text"
      >
        <ScrollText aria-hidden className="size-3.5" /> Its requests
      </Link>
      {can("POST /key/delete") && (
        <Button
          size="sm"
          variant="danger-ghost"
          className="ml-auto"
          data-testid="key-drawer-revoke"
          onClick={() => onRevoke(row)}
        >
          <Trash2 className="size-3.5" /> Revoke
        </Button>
      )}
      {alive && row.auto_rotate && row.rotation_count > 0 && may("POST /key/rotated") && (
        <Act icon={<KeyRound className="size-3.5" />} testid="key-rotated" onClick={() => onSecret("rotated")}>
          Show the rotated key
        </Act>
      )}
    </div>
  );
}

const Act = ({
  icon,
  testid,
  children,
  ...rest
}: {
  icon: ReactNode;
  testid: string;
  children: ReactNode;
  busy?: boolean;
  onClick: () => void;
}) => (
  <Button size="sm" data-testid={testid} {...rest}>
    {icon} {children}
  </Button>
);
