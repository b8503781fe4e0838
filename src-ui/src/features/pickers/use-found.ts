// What the gateway finds of what is typed, page by page of 50, and the name of what was chosen before.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Topic } from "@/api/contract";
import { listKeys } from "@/api/governance-keys";
import { listTeams, listUsers } from "@/api/people";
import type { PickerOption } from "@/components/picker";
import { nameOf } from "@/features/keys/key-state";
import { personName, personNote, teamName } from "@/features/people/names";
import { useDebounced } from "@/lib/use-hooks";

const SIZE = 50;

export interface Found {
  options: PickerOption[];
  searching: boolean;
  onQuery: (query: string) => void;
}

/** `one` finds the chosen one again by its id, so that it is shown by its name. */
function useFound(
  topic: Topic,
  chosen: string | undefined,
  read: (query: string) => Promise<PickerOption[]>,
  one?: (id: string) => Promise<PickerOption[]>,
): Found {
  const [typed, onQuery] = useState("");
  const query = useDebounced(typed.trim(), 200);
  const found = useQuery({
    queryKey: [topic, "found", query],
    queryFn: () => read(query),
    placeholderData: keepPreviousData,
  });
  const listed = found.data ?? [];
  const missing = chosen !== undefined && !listed.some(({ value }) => value === chosen);
  const known = useQuery({
    queryKey: [topic, "one", chosen],
    queryFn: () => one?.(chosen!) ?? [],
    enabled: missing && one !== undefined && !found.isPending,
    retry: false,
  });
  const further = missing ? (known.data ?? []).filter(({ value }) => value === chosen) : [];
  // While something is typed, only what it finds.
  return { options: query ? listed : [...further, ...listed], searching: found.isFetching, onQuery };
}

const userOption = (user: { user_id: string; user_email: string | null; user_alias: string | null }): PickerOption => ({
  value: user.user_id,
  label: personName(user),
  note: personNote(user) ?? undefined,
});
const page = { page: 1, page_size: SIZE };

export const useFoundUsers = (chosen: string | undefined) =>
  useFound(
    "users",
    chosen,
    (query) => listUsers({ ...page, search: query || undefined }).then(({ users }) => users.map(userOption)),
    (user_ids) => listUsers({ ...page, user_ids }).then(({ users }) => users.map(userOption)),
  );

const teamOption = (team: { team_id: string; team_alias: string | null }): PickerOption => ({
  value: team.team_id,
  label: teamName(team),
});
export const useFoundTeams = (chosen: string | undefined) =>
  useFound(
    "teams",
    chosen,
    (query) => listTeams({ ...page, team_alias: query || undefined }).then(({ teams }) => teams.map(teamOption)),
    (team_id) => listTeams({ ...page, team_id }).then(({ teams }) => teams.map(teamOption)),
  );

/** By their ids, which the ledger has; the gateway finds a key by its hash only, so the chosen one is not looked for. */
export const useFoundKeys = () =>
  useFound("keys", undefined, (search) =>
    listKeys({ page: 1, size: SIZE, search: search || undefined }).then(({ keys }) =>
      keys.map((key) => ({ value: key.key_id, label: nameOf(key), note: key.key_name })),
    ),
  );

/** Teams' names for rows that have only their ids. One that is not among the first hundred is called by its id. */
export function useTeamNames(enabled: boolean) {
  const teams = useQuery({
    queryKey: ["teams", "names"],
    queryFn: () => listTeams({ page: 1, page_size: 100 }),
    enabled,
  });
  const names = new Map(teams.data?.teams.map((team) => [team.team_id, teamName(team)]));
  return (id: string) => names.get(id) ?? id;
}
