import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import type { Preset } from "@/api/contract";
import { Field } from "@/components/field";
import { SecretInput, SecretText } from "@/components/secret-input";
import { platform } from "@/platform";
import { credentialWord } from "./credential";
import { pasted } from "./pasted";
import { knowsIdentities } from "./settings";

/** A key, or for the clouds a credential that may be a document. */
export function KeyField({
  preset,
  value,
  onChange,
  label,
  hint,
  optional,
  required,
  error,
  testid,
}: {
  preset: Preset;
  value: string;
  onChange: (value: string) => void;
  label?: string;
  /** What happens while it is empty. */
  hint?: ReactNode;
  optional: boolean;
  required: boolean;
  error: string | null;
  testid: string;
}) {
  const found = pasted(value);
  const word = credentialWord(preset);
  const note =
    found.kind === "document" ? (
      <>JSON{found.whose && <span className="text-muted"> of {found.whose}</span>}, kept as it is.</>
    ) : (
      hint
    );
  return (
    <Field
      label={label ?? word}
      optional={optional}
      required={required}
      error={error}
      hint={
        (note || preset.key_url) && (
          <span className="grid justify-items-start gap-1">
            {note && <span>{note}</span>}
            {preset.key_url && <KeyLink url={preset.key_url} />}
          </span>
        )
      }
    >
      {(control) =>
        knowsIdentities(preset) ? (
          <SecretText
            {...control}
            testid={testid}
            accept=".json,application/json,text/plain"
            placeholder={preset.key_hint ?? ""}
            value={value}
            onChange={(event) => onChange(event.target.value)}
            onFile={onChange}
          />
        ) : (
          <SecretInput
            {...control}
            data-testid={testid}
            placeholder={preset.key_hint ?? ""}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

const KeyLink = ({ url }: { url: string }) => (
  <button
    type="button"
    className="inline-flex items-center gap-1 rounded text-accent-text hover:underline"
    onClick={() => void platform.openExternal(url)}
  >
    Where to get a key <ExternalLink aria-hidden className="size-3" />
  </button>
);
