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

/** Without the members that say nothing. */
export function given<Said extends object>(said: Said): Said {
  const kept: Partial<Said> = { ...said };
  for (const name in kept) if (kept[name] === undefined) delete kept[name];
  return kept as Said;
}

type Nullable<Said> = { [Name in keyof Said]: Said[Name] | null };

/** What is said now and was not before; null for what is not said any more. */
export function difference<Said extends object>(now: Said, before: Said): Partial<Nullable<Said>> {
  const changed: Partial<Nullable<Said>> = {};
  for (const name of Object.keys({ ...before, ...now }) as (keyof Said)[]) {
    if (now[name] !== before[name]) changed[name] = now[name] ?? null;
  }
  return changed;
}

export const isEmpty = (change: object) => Object.values(change).every((value) => value === undefined);
