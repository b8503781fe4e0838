import { useQuery } from "@tanstack/react-query";
import { useAccess } from "@/api/access";
import { listAccessGroups } from "@/api/governance-keys";
import { Picker, type PickerOption } from "@/components/picker";

/** Which models a key may use: names, access groups, and patterns such as `openai/*`. */
export function ModelsPicker({
  options,
  team,
  ...rest
}: {
  id: string;
  options: PickerOption[];
  /** Then the team's list can be meant. */
  team: boolean;
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const { may } = useAccess();
  const groups = useQuery({
    queryKey: ["models", "access groups"],
    queryFn: listAccessGroups,
    enabled: may("GET /access_group/list"),
  });
  const all = [
    ...(team ? [{ value: "all-team-models", label: "all-team-models", note: "the team's" }] : []),
    ...(groups.data ?? []).map(({ access_group: name }) => ({ value: name, label: name, note: "access group" })),
    ...options,
  ];
  return (
    <Picker
      {...rest}
      multiple
      label="Allowed models"
      any={team ? "All of the team's" : "All models"}
      testid="key-models"
      className="w-full"
      options={all}
      free={(typed) => ({ value: typed, label: typed, note: typed.includes("*") ? "pattern" : "as typed" })}
    />
  );
}
