import { type RefObject, useEffect } from "react";

/** Brings the first field with something wrong into view and under the keys, when there is a new reason to. */
export function useFocusInvalid(form: RefObject<HTMLFormElement | null>, reason: unknown) {
  useEffect(() => {
    if (reason) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, reason]);
}
