import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useAccess } from "@/api/access";
import type { AuditEntry } from "@/api/contract";
import { listUsers } from "@/api/people";
import { personName } from "@/features/people/names";
import { ADMINISTRATOR, GATEWAY } from "./words";

// As many as one question may name.
const MOST = 100;

/** What those are called who changed something: users by their names, keys and others as the log has them. */
export function useWho(rows: readonly (AuditEntry | undefined)[]) {
  const ids = [...new Set(rows.flatMap((row) => row?.changed_by ?? []))]
    .filter((id) => id !== ADMINISTRATOR && id !== GATEWAY && !id.includes(","))
    .sort()
    .slice(0, MOST);
  const enabled = useAccess().may("GET /user/list") && ids.length > 0;
  const users = useQuery({
    queryKey: ["users", "names", ids],
    queryFn: () => listUsers({ user_ids: ids.join(","), page: 1, page_size: MOST }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const names = new Map((enabled ? (users.data?.users ?? []) : []).map((user) => [user.user_id, personName(user)]));
  return (id: string) =>
    id === ADMINISTRATOR ? "Administrator" : id === GATEWAY ? "Postern itself" : (names.get(id) ?? id);
}
