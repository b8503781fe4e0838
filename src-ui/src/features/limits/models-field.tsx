import { useMemo } from "react";
import { Field } from "@/components/field";
import { Picker, type PickerOption } from "@/components/picker";

/** Which models may be used; none chosen are all. Patterns and groups that are set already stay choices. */
export function ModelsField({
  models,
  onChange,
  options,
  error,
  testid,
  hint,
}: {
  models: string[];
  onChange: (models: string[]) => void;
  options: PickerOption[];
  error?: string | null;
  testid: string;
  hint?: string;
}) {
  const all = useMemo(() => {
    const known = new Set(options.map(({ value }) => value));
    return [...models.filter((name) => !known.has(name)).map((name) => ({ value: name, label: name })), ...options];
  }, [options, models]);
  return (
    <Field label="Allowed models" error={error} hint={hint}>
      {(control) => (
        <Picker
          {...control}
          multiple
          label="Allowed models"
          any="All models"
          testid={`${testid}-models`}
          className="w-full"
          options={all}
          chosen={models}
          onChange={onChange}
        />
      )}
    </Field>
  );
}
