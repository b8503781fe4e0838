// Teams, organizations and people to choose from. There may be thousands: what is typed is looked for by the gateway.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useAccess } from "@/api/access";
import { listOrganizations, listTeams, listUsers } from "@/api/people";
import type { PickerOption } from "@/components/picker";
import { useDebounced } from "@/lib/use-hooks";
import { personName, personNote, teamName } from "./names";

const SHOWN = 50;

/** What is typed is found by the gateway; `chosen` keep their names, wherever they were found. */
export function useTeamChoices(chosen: string[]): {
  options: PickerOption[];
  searching: boolean;
  onQuery: (query: string) => void;
} {
  const enabled = useAccess().may("GET /v2/team/list");
  const [typed, onQuery] = useState("");
  const team_alias = useDebounced(typed, 200).trim() || undefined;
  const found = useQuery({
    queryKey: ["teams", "choices", team_alias],
    queryFn: () => listTeams({ page: 1, page_size: SHOWN, team_alias, sort_by: "team_alias", sort_order: "asc" }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const names = useRef(new Map<string, string>());
  const options = (found.data?.teams ?? []).map((team) => ({ value: team.team_id, label: teamName(team) }));
  for (const { value, label } of options) names.current.set(value, label);
  const further = chosen
    .filter((id) => !options.some(({ value }) => value === id))
    .map((id) => ({ value: id, label: names.current.get(id) ?? id }));
  // While something is typed, only what it finds.
  return { options: team_alias ? options : [...further, ...options], searching: found.isFetching, onQuery };
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

/** Those in which whoever is signed in may make teams and people; `free`: they may also make them outside of any. */
export function useLedOrganizations(): { options: PickerOption[]; free: boolean } {
  const { all, leads } = useAccess();
  const options = useOrganizationOptions();
  return { options: options.filter(({ value }) => leads(value)), free: all };
}

/** People whose name, address or id has what is typed, for a field that takes anybody's. */
export function usePeople(typed: string): { value: string; name: string }[] {
  const search = useDebounced(typed, 200).trim();
  const enabled = useAccess().may("GET /user/list") && search.length > 1;
  const found = useQuery({
    queryKey: ["users", "choices", search],
    queryFn: () => listUsers({ page: 1, page_size: 10, search }),
    enabled,
  });
  return (enabled ? (found.data?.users ?? []) : []).map((user) => ({
    value: user.user_email ?? user.user_id,
    name: personNote(user) ? personName(user) : "",
  }));
}
