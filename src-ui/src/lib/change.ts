/** What a request says of a text that was changed: nothing if it was not, null if it was taken away. */
export function textChange<Name extends string>(name: Name, now: string, before: string | null | undefined) {
  const text = now.trim();
  return (text === (before ?? "") ? {} : { [name]: text === "" ? null : text }) as { [N in Name]?: string | null };
}

/** The same of a list, whose order means nothing. */
export function listChange<Name extends string>(name: Name, now: string[], before: string[]) {
  const same = now.length === before.length && now.every((entry) => before.includes(entry));
  return (same ? {} : { [name]: now }) as { [N in Name]?: string[] };
}

export const isEmpty = (change: object) => Object.values(change).every((value) => value === undefined);
