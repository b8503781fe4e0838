import { useId } from "react";
import { Field, Input } from "@/components/field";
import { usePeople } from "./use-choices";

/** Somebody, by an address or an id: those who are known are suggested, others are made. */
export function PersonField({
  value,
  onChange,
  error,
  testid,
  hint = "Who is not known yet is added as a user.",
}: {
  value: string;
  onChange: (value: string) => void;
  error?: string | null;
  testid: string;
  hint?: string;
}) {
  const list = useId();
  const people = usePeople(value);
  return (
    <Field label="E-mail or user id" error={error} hint={hint}>
      {(control) => (
        <>
          <Input
            {...control}
            list={list}
            inputMode="email"
            data-testid={testid}
            placeholder="you@example.com"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={list}>
            {people.map((person) => (
              <option key={person.value} value={person.value}>
                {person.name}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
