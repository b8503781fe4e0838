import type { Preset, Provider } from "@/api/contract";
import { Field, Input } from "@/components/field";
import { type Connection, withKey } from "./connection";
import { credentialWord, withoutKey } from "./credential";
import { KeyField } from "./key-field";
import { SettingFields } from "./setting-fields";
import { filledUrl, isTemplate, needsKey } from "./settings";

/** Settings, key and address of a provider that is added or, with `before`, changed. */
export function ConnectionFields({
  preset,
  typed,
  onChange,
  error,
  before,
}: {
  preset: Preset;
  typed: Connection;
  onChange: (typed: Connection) => void;
  error: (field: string) => string | null;
  before?: Provider;
}) {
  const { settings, key, baseUrl } = typed;
  const template = isTemplate(preset.base_url);
  const kept = before?.credential.hint;
  const testid = before ? "edit" : "provider";
  // Among fields that may be left empty, those that may not are marked.
  const mixed = preset.settings.length > 0;
  const optional = before !== undefined || !needsKey(preset, settings);
  const address = (
    <Field
      label="Base URL"
      optional={template}
      required={mixed && !template}
      error={error("base_url")}
      hint={
        template
          ? "If empty, the one shown. Enter another for a private endpoint."
          : preset.group === "generic"
            ? "Up to and including the version, such as https://api.example.com/v1."
            : undefined
      }
    >
      {(control) => (
        <Input
          {...control}
          inputMode="url"
          className="font-mono text-xs"
          data-testid={`${testid}-base-url`}
          placeholder={template ? filledUrl(preset.base_url, preset.settings, settings) : "https://"}
          value={baseUrl}
          onChange={(event) => onChange({ ...typed, baseUrl: event.target.value })}
        />
      )}
    </Field>
  );
  // An address that only its owner knows comes before everything else about it.
  const first = mixed && preset.base_url === "";
  return (
    <>
      {first && address}
      <SettingFields
        specs={preset.settings}
        values={settings}
        error={error}
        onChange={(next) => onChange({ ...typed, settings: next })}
      />
      <KeyField
        preset={preset}
        value={key}
        testid={`${testid}-key`}
        label={before && `New ${credentialWord(preset).replace("Cred", "cred")}`}
        optional={optional}
        required={mixed && !optional}
        hint={kept ? `Leave it empty to keep ${kept}.` : withoutKey(preset, settings)}
        error={error("api_key")}
        onChange={(next) => onChange(withKey(preset, typed, next))}
      />
      {!first && address}
    </>
  );
}
