import { expect, test } from "vitest";
import { changedKeys, noKeysTyped, toggled } from "./further-keys";

const before = [
  { number: 2, hint: "…aaaa" },
  { number: 5, hint: null },
];

test("nothing typed is no change", () => {
  expect(changedKeys(noKeysTyped(), before)).toEqual({});
  expect(changedKeys({ removed: [], added: "  " }, before)).toEqual({});
});

test("keys go by number and come one at a time", () => {
  const typed = toggled({ removed: [], added: " sk-new " }, 5);
  expect(changedKeys(typed, before)).toEqual({ add_api_key: "sk-new", remove_keys: [5] });
  expect(changedKeys(toggled(typed, 5), before)).toEqual({ add_api_key: "sk-new" });
});

test("a key that is gone already is not removed again", () => {
  expect(changedKeys(toggled(noKeysTyped(), 9), before)).toEqual({});
});
