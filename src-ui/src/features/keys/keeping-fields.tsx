import { useId } from "react";
import { Field, Input } from "@/components/field";
import { LinesInput } from "@/components/lines-input";
import { RULES } from "./keeping";
import type { FieldsProps } from "./more-fields";

/** Off unless somebody says for how long; then also what is taken out first. */
export function KeepingFields({ form, set, error }: FieldsProps) {
  const { keeping } = form;
  const id = useId();
  const change = (part: Partial<typeof keeping>) => set({ keeping: { ...keeping, ...part } });
  const keeps = keeping.keep_bodies_days.trim() !== "";
  return (
    <div className="grid gap-3" data-testid="key-keeping">
      <Field
        label="Keep requests and answers"
        error={error("keep_bodies_days")}
        hint="So that what was said can be read, searched and asked again in the log. Empty: nothing of it is kept."
      >
        {(control) => (
          <span className="flex items-center gap-2">
            <Input
              {...control}
              inputMode="numeric"
              data-testid="key-keep_bodies_days"
              className="max-w-24"
              placeholder="not"
              value={keeping.keep_bodies_days}
              onChange={(event) => change({ keep_bodies_days: event.target.value })}
            />
            <span className="text-muted text-sm">days</span>
          </span>
        )}
      </Field>
      {(keeps || keeping.redact.length > 0 || keeping.redact_patterns !== "") && (
        <>
          <fieldset className="grid gap-1.5">
            <legend className="mb-1 font-medium text-xs">Taken out before it is kept</legend>
            {RULES.map(({ value, label, note }) => (
              <label key={value} htmlFor={`${id}-${value}`} className="flex items-start gap-2 text-sm">
                <input
                  id={`${id}-${value}`}
                  type="checkbox"
                  className="mt-0.5 size-4 accent-accent"
                  data-testid={`key-redact-${value}`}
                  checked={keeping.redact.includes(value)}
                  onChange={(event) =>
                    change({
                      redact: event.target.checked
                        ? [...keeping.redact, value]
                        : keeping.redact.filter((rule) => rule !== value),
                    })
                  }
                />
                <span>
                  {label} <span className="text-faint text-xs">{note}</span>
                </span>
              </label>
            ))}
            {error("redact") && <p className="text-bad text-xs">{error("redact")}</p>}
          </fieldset>
          <Field
            label="And what matches"
            optional
            error={error("redact_patterns")}
            hint="Regular expressions, one a line: [redacted] stands in place of what matches."
          >
            {(control) => (
              <LinesInput
                {...control}
                testid="key-redact_patterns"
                placeholder="\bCASE-\d{6}\b"
                value={keeping.redact_patterns}
                onValue={(redact_patterns) => change({ redact_patterns })}
              />
            )}
          </Field>
        </>
      )}
    </div>
  );
}
