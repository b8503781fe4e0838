const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is typed, over what is there by now: members that were not touched follow, the others stay. */
export function follow<Form>(typed: Form, before: Form, now: Form): Form {
  if (same(typed, before)) return now;
  if (!isRecord(typed) || !isRecord(before) || !isRecord(now)) return typed;
  return Object.fromEntries(
    Object.keys(now).map((name) => [name, follow(typed[name], before[name], now[name])]),
  ) as Form;
}
