// Keys that stand in for a provider's first, as the edit form holds them.
import type { Provider, ProviderChange } from "@/api/contract";

export interface KeysTyped {
  /** Numbers of those that go. */
  removed: number[];
  added: string;
}

export const KEY_FIELDS = ["add_api_key", "remove_keys"];

export const noKeysTyped = (): KeysTyped => ({ removed: [], added: "" });

/** Takes one away, or takes that back. */
export const toggled = (typed: KeysTyped, number: number): KeysTyped => ({
  ...typed,
  removed: typed.removed.includes(number)
    ? typed.removed.filter((other) => other !== number)
    : [...typed.removed, number],
});

export function changedKeys(
  typed: KeysTyped,
  before: Provider["further_keys"],
): Pick<ProviderChange, "add_api_key" | "remove_keys"> {
  // One that somebody else removed in the meantime is gone already.
  const removed = typed.removed.filter((number) => before.some((key) => key.number === number));
  return {
    add_api_key: typed.added.trim() || undefined,
    remove_keys: removed.length > 0 ? removed : undefined,
  };
}
