import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { getTeamPermissions, setTeamPermissions } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Button, Skeleton } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { ErrorNotice } from "@/components/notice";
import { useUnsaved } from "@/components/unsaved";
import { listChange } from "@/lib/change";

const WORDS: Record<string, string> = {
  "/key/generate": "Issue keys for themselves",
  "/key/service-account/generate": "Issue keys that belong to nobody",
  "/key/update": "Change their keys",
  "/key/bulk_update": "Change several keys at once",
  "/key/delete": "Revoke their keys",
  "/key/regenerate": "Replace their keys by new ones",
  "/key/{key_id}/regenerate": "Replace their keys by new ones, by id",
  "/key/block": "Block keys",
  "/key/unblock": "Unblock keys",
  "/key/info": "See a key's limits and spend",
  "/v2/key/info": "See several keys at once",
  "/key/list": "List the team's keys",
  "/key/aliases": "List the names of keys",
  "/key/health": "Ask whether a key works",
};

/** Routes that members may call with the team's keys. */
export function Permissions({ team, name, mayChange }: { team: string; name: string; mayChange: boolean }) {
  const known = useQuery({ queryKey: ["teams", "permissions", team], queryFn: () => getTeamPermissions(team) });
  const [typed, setTyped] = useState<string[] | null>(null);
  const save = useWrite((routes: string[]) => setTeamPermissions(team, routes), ["teams"]);
  const before = known.data?.team_member_permissions ?? [];
  const chosen = typed ?? before;
  const dirty = listChange("routes", chosen, before).routes !== undefined;
  useUnsaved(dirty);
  if (known.error && !known.data)
    return <ErrorNotice className="m-5" error={known.error} onRetry={() => void known.refetch()} />;
  if (!known.data) {
    return (
      <div aria-busy className="grid gap-3 p-5">
        {[0, 1, 2, 3].map((line) => (
          <Skeleton key={line} className="h-4 w-64" />
        ))}
      </div>
    );
  }
  const toggle = (route: string) =>
    setTyped(chosen.includes(route) ? chosen.filter((one) => one !== route) : [...chosen, route]);
  return (
    <form
      className="grid gap-4 px-5 py-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(chosen, {
          onSuccess: () => {
            setTyped(null);
            toast.success(`What members of ${name} may do is changed.`);
          },
        });
      }}
    >
      <fieldset disabled={!mayChange} className="grid gap-2">
        <legend className="mb-2 text-muted">
          What members may do with keys of the team. Team administrators may do all of it.
        </legend>
        {known.data.all_available_permissions.map((route) => (
          <label key={route} className="flex items-start gap-2.5">
            <input
              type="checkbox"
              className="mt-0.5 size-4 accent-(--accent)"
              checked={chosen.includes(route)}
              data-testid={`permission-${route}`}
              onChange={() => toggle(route)}
            />
            <span className="grid min-w-0">
              {WORDS[route] ?? route}
              <code className="truncate font-mono text-2xs text-faint">{route}</code>
            </span>
          </label>
        ))}
      </fieldset>
      {(dirty || save.error) && (
        <FormEnd inDrawer>
          {save.error ? <ErrorNotice error={save.error} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={() => setTyped(null)}>Discard</Button>
            <Button type="submit" variant="primary" busy={save.isPending} data-testid="permissions-save">
              Save
            </Button>
          </div>
        </FormEnd>
      )}
    </form>
  );
}
