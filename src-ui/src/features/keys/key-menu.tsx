import { useNavigate } from "@tanstack/react-router";
import { Ban, CirclePlay, Ellipsis, ScrollText, Trash2 } from "lucide-react";
import { useAccess } from "@/api/access";
import type { FullKey } from "@/api/governance-keys";
import { Button } from "@/components/controls";
import { Menu, MenuItem, MenuLine } from "@/components/menu";
import { nameOf } from "./key-state";
import { useBlock } from "./use-key-writes";

/** What is done most with a key of a list; the rest is in its drawer. */
export function KeyMenu({ row, onRevoke }: { row: FullKey; onRevoke: () => void }) {
  const navigate = useNavigate();
  const { may } = useAccess();
  const block = useBlock(row);
  const alive = !row.deleted_at;
  return (
    // A click here is not one on the row. With the keyboard, the row opens the drawer, which has the same and more.
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps events from the row
    <span
      className="flex justify-end"
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <Menu
        trigger={
          <Button
            variant="ghost"
            size="icon"
            tabIndex={-1}
            className="size-7"
            aria-label={`More for ${nameOf(row)}`}
            data-testid="key-menu"
          >
            <Ellipsis className="size-4" />
          </Button>
        }
      >
        <MenuItem onSelect={() => void navigate({ to: "/requests", search: { key_id: row.key_id } })}>
          <ScrollText aria-hidden className="size-4 text-faint" /> Its requests
        </MenuItem>
        {alive && may("POST /key/block") && (
          <MenuItem data-testid="key-block" onSelect={block.toggle}>
            {row.blocked ? (
              <CirclePlay aria-hidden className="size-4 text-faint" />
            ) : (
              <Ban aria-hidden className="size-4 text-faint" />
            )}
            {row.blocked ? "Unblock" : "Block"}
          </MenuItem>
        )}
        {alive && may("POST /key/delete") && (
          <>
            <MenuLine />
            <MenuItem danger onSelect={onRevoke} data-testid="key-revoke">
              <Trash2 aria-hidden className="size-4" /> Revoke
            </MenuItem>
          </>
        )}
      </Menu>
    </span>
  );
}
