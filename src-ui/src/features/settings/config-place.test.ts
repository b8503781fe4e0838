import { expect, test } from "vitest";
import { at } from "./config-place";

test("a place is told as far as it is known", () => {
  expect(at({ line: 14, column: 7 })).toBe(": line 14, column 7");
  expect(at({ line: 14, column: null })).toBe(": line 14");
  expect(at({ line: null, column: null })).toBe("");
});
