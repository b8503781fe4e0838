import { Picker } from "@/components/picker";
import { useOrganizationOptions } from "@/features/people/use-choices";
import { type Found, useFoundTeams, useFoundUsers } from "./use-found";

interface Props {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** What stands there, and can be chosen, for none. */
  any: string;
  id?: string;
  testid?: string;
  className?: string;
  /** In a toolbar. */
  filter?: boolean;
}

export const UserPicker = (props: Props) => <One {...props} label="User" found={useFoundUsers(props.value)} />;
export const TeamPicker = (props: Props) => <One {...props} label="Team" found={useFoundTeams(props.value)} />;

function One({ value, onChange, found, label, ...rest }: Props & { found: Found; label: string }) {
  return (
    <Picker {...rest} {...found} label={label} chosen={value ? [value] : []} onChange={([next]) => onChange(next)} />
  );
}

export function OrganizationPicker({ value, onChange, ...rest }: Props) {
  return (
    <Picker
      {...rest}
      label="Organization"
      options={useOrganizationOptions()}
      chosen={value ? [value] : []}
      onChange={([next]) => onChange(next)}
    />
  );
}
