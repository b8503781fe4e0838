// Teams, organizations and people to choose from. There may be thousands: what is typed is looked for by the gateway.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useAccess } from "@/api/access";
import { listOrganizations, listTeams, listUsers } from "@/api/governance";
import type { PickerOption } from "@/components/picker";
import { useDebounced } from "@/lib/use-hooks";
import { personName, personNote, teamName } from "./names";

const SHOWN = 50;

export function useTeamChoices(): { options: PickerOption[]; onSearch: (query: string) => void } {
  const enabled = useAccess().may("GET /v2/team/list");
  const [typed, setTyped] = useState("");
  const team_alias = useDebounced(typed, 200).trim() || undefined;
  const read = (asked: typeof team_alias) =>
    listTeams({ page: 1, page_size: SHOWN, team_alias: asked, sort_by: "team_alias", sort_order: "asc" });
  const first = useQuery({ queryKey: ["teams", "choices"], queryFn: () => read(undefined), enabled });
  const found = useQuery({
    queryKey: ["teams", "choices", team_alias],
    queryFn: () => read(team_alias),
    enabled: enabled && team_alias !== undefined,
  });
  const options = useMemo(() => {
    const all = new Map<string, PickerOption>();
    for (const team of [...(first.data?.teams ?? []), ...(found.data?.teams ?? [])]) {
      all.set(team.team_id, { value: team.team_id, label: teamName(team) });
    }
    return [...all.values()];
  }, [first.data, found.data]);
  return { options, onSearch: setTyped };
}

export const useOrganizations = () => {
  const enabled = useAccess().may("GET /organization/list");
  return useQuery({ queryKey: ["organizations"], queryFn: listOrganizations, enabled });
};

export function useOrganizationOptions(): PickerOption[] {
  const organizations = useOrganizations();
  return useMemo(
    () =>
      (organizations.data ?? []).map(({ organization_id, organization_alias }) => ({
        value: organization_id,
        label: organization_alias || organization_id,
      })),
    [organizations.data],
  );
}

/** People whose address has what is typed, for a field that takes anybody's. */
export function usePeople(typed: string): { value: string; name: string }[] {
  const user_email = useDebounced(typed, 200).trim();
  const enabled = useAccess().may("GET /user/list") && user_email.length > 1;
  const found = useQuery({
    queryKey: ["users", "choices", user_email],
    queryFn: () => listUsers({ page: 1, page_size: 10, user_email }),
    enabled,
  });
  return (enabled ? (found.data?.users ?? []) : []).map((user) => ({
    value: user.user_email ?? user.user_id,
    name: personNote(user) ? personName(user) : "",
  }));
}
