import { expect, test } from "vitest";
import { parseSort, sortBy, sortText } from "./sort";

test("a sort is written and read", () => {
  expect(parseSort("-spend")).toEqual({ by: "spend", descending: true });
  expect(sortText(parseSort("name")!)).toBe("name");
  expect(parseSort(undefined)).toBeUndefined();
});

test("what has no value comes last, whichever way", () => {
  const rows = [{ v: 2 }, { v: null }, { v: 10 }];
  expect(sortBy(rows, ({ v }) => v, false).map(({ v }) => v)).toEqual([2, 10, null]);
  expect(sortBy(rows, ({ v }) => v, true).map(({ v }) => v)).toEqual([10, 2, null]);
  expect(sortBy(["b10", "a", "b2"], (v) => v, false)).toEqual(["a", "b2", "b10"]);
});
