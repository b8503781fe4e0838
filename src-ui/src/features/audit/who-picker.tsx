import { useState } from "react";
import { useAccess } from "@/api/access";
import { Picker, type PickerOption } from "@/components/picker";
import { useFoundUsers } from "@/features/pickers/use-found";
import { ADMINISTRATOR, GATEWAY } from "./words";

const OTHERS: PickerOption[] = [
  { value: ADMINISTRATOR, label: "Administrator", note: "by the administrator's key" },
  { value: GATEWAY, label: "Postern itself", note: "such as rotations" },
];
const free = (query: string) => ({ value: query, label: query, note: "a key's name, or an id" });

interface Props {
  value: string | undefined;
  onChange: (who: string | undefined) => void;
}

/** Who made changes: a user, the administrator, the gateway, or a key by its name. */
export const WhoPicker = (props: Props) =>
  useAccess().may("GET /user/list") ? <AmongUsers {...props} /> : <Who {...props} options={OTHERS} />;

function AmongUsers(props: Props) {
  const [typed, setTyped] = useState("");
  const isOther = OTHERS.some(({ value }) => value === props.value);
  const { options, searching, onQuery } = useFoundUsers(isOther ? undefined : props.value);
  const others = OTHERS.filter(({ label }) => label.toLowerCase().includes(typed.trim().toLowerCase()));
  return (
    <Who
      {...props}
      options={[...others, ...options]}
      searching={searching}
      onQuery={(query) => {
        setTyped(query);
        onQuery(query);
      }}
    />
  );
}

function Who({
  value,
  onChange,
  ...found
}: Props & { options: PickerOption[]; searching?: boolean; onQuery?: (query: string) => void }) {
  return (
    <Picker
      {...found}
      filter
      label="Who"
      any="Anybody"
      testid="audit-who"
      className="max-w-44"
      free={free}
      chosen={value ? [value] : []}
      onChange={([next]) => onChange(next)}
    />
  );
}
