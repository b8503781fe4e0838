import { Fragment } from "react";
import type { SettingSpec } from "@/api/contract";
import { Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import type { Settings } from "./settings";

/** What the values of some settings mean. */
const NOTES: Record<string, string | undefined> = {
  developer: "az or azd login on this machine",
  managed: "of an Azure machine",
  workload: "of a Kubernetes pod",
};

/** What a preset wants to be told besides a key. */
export function SettingFields({
  specs,
  values,
  onChange,
  error,
}: {
  specs: SettingSpec[];
  values: Settings;
  onChange: (values: Settings) => void;
  error: (field: string) => string | null;
}) {
  return specs.map((spec) => {
    const { name, label, required, replaces_key, values: choices } = spec;
    const value = values[name] ?? "";
    const set = (next: string) => onChange({ ...values, [name]: next });
    const needed = required && !spec.default;
    return (
      <Field
        key={name}
        label={label}
        required={needed}
        optional={!needed}
        error={error(`settings.${name}`)}
        hint={<WhenEmpty spec={spec} />}
      >
        {(control) =>
          choices?.length ? (
            <Select
              {...control}
              className="w-full"
              testid={`setting-${name}`}
              any={required ? undefined : (spec.default ?? (replaces_key ? "None, a key is used" : "None"))}
              options={choices.map((choice) => ({ value: choice, label: choice, note: NOTES[choice] }))}
              value={value}
              onChange={set}
            />
          ) : (
            <Input
              {...control}
              data-testid={`setting-${name}`}
              inputMode={spec.url ? "url" : undefined}
              autoCapitalize="off"
              className="font-mono text-xs"
              placeholder={spec.default ?? ""}
              value={value}
              onChange={(event) => set(event.target.value)}
            />
          )
        }
      </Field>
    );
  });
}

/** Where its value comes from then. */
function WhenEmpty({ spec }: { spec: SettingSpec }) {
  if (!spec.env?.length) return null;
  return (
    <>
      If empty, from{" "}
      {spec.env.map((name, index) => (
        <Fragment key={name}>
          {index > 0 && (index === spec.env.length - 1 ? " or " : ", ")}
          <code className="font-mono text-2xs">{name}</code>
        </Fragment>
      ))}
      {spec.default && <>, else {spec.default}</>}.
    </>
  );
}
