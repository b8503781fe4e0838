import { type RefObject, useRef, useState } from "react";
import { fieldErrors } from "@/components/field-errors";
import { useFocusInvalid } from "@/components/use-focus-invalid";

export type Problems = Record<string, string>;

/** What the fields of a form are handed. */
export interface Fields<Form> {
  form: Form;
  onChange: (form: Form) => void;
  /** What is wrong with a field, found here or by the gateway. */
  error: (field: string) => string | null | undefined;
}

/** Problems are told once one has tried; the gateway's refusal goes to its field, or is what is left. */
export function useForm<Form>({
  form,
  setForm,
  problems,
  refused,
  reset,
  fields,
}: {
  form: Form;
  setForm: (form: Form) => void;
  problems: Problems;
  refused: unknown;
  reset: () => void;
  /** The fields that a refusal may be about. */
  fields: string[];
}): {
  element: RefObject<HTMLFormElement | null>;
  handed: Fields<Form>;
  rest: unknown;
  /** True if there is nothing wrong. */
  attempt: () => boolean;
  settle: () => void;
} {
  const [tries, setTries] = useState(0);
  const element = useRef<HTMLFormElement>(null);
  const refusal = fieldErrors(refused, fields);
  useFocusInvalid(element, refused ?? tries);
  return {
    element,
    handed: {
      form,
      onChange: (next) => {
        setForm(next);
        if (refused) reset();
      },
      error: (field) => (tries > 0 ? problems[field] : undefined) ?? refusal.at(field),
    },
    rest: refusal.rest,
    attempt: () => {
      setTries(tries + 1);
      return Object.keys(problems).length === 0;
    },
    settle: () => setTries(0),
  };
}
