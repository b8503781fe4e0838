import { useEffect } from "react";
import { Field } from "@/components/field";
import { Select } from "@/components/select";
import { useLedOrganizations } from "./use-choices";

/** Where something belongs. Who administers only organizations makes nothing outside of them. */
export function OrganizationField({
  value,
  onChange,
  error,
  hint,
  testid,
}: {
  value: string;
  onChange: (organization: string) => void;
  error?: string | null;
  hint?: string;
  testid: string;
}) {
  const { options, free } = useLedOrganizations();
  const first = options[0]?.value;
  useEffect(() => {
    if (!free && value === "" && first !== undefined) onChange(first);
  }, [free, value, first, onChange]);
  if (options.length === 0 && value === "") return null;
  return (
    <Field label="Organization" error={error} hint={hint}>
      {({ id, ...described }) => (
        <Select
          id={id}
          {...described}
          testid={testid}
          className="w-full"
          any={free ? "None" : undefined}
          options={options}
          value={value}
          onChange={onChange}
        />
      )}
    </Field>
  );
}
