import { expect, test } from "vitest";
import { difference, given, isEmpty, listChange, textChange } from "./change";

test("what did not change is not said, what was taken away is null", () => {
  expect(textChange("alias", " Jo ", "Jo")).toEqual({});
  expect(textChange("alias", "", "Jo")).toEqual({ alias: null });
  expect(textChange("alias", "Jo", null)).toEqual({ alias: "Jo" });
  expect(listChange("models", ["b", "a"], ["a", "b"])).toEqual({});
  expect(listChange("models", [], ["a"])).toEqual({ models: [] });
  expect(isEmpty({ a: undefined })).toBe(true);
  expect(isEmpty({ a: null })).toBe(false);
});

test("what is said is compared with what was", () => {
  expect(given({ a: 1, b: undefined })).toEqual({ a: 1 });
  expect(Object.keys(given({ a: 1, b: undefined }))).toEqual(["a"]);
  expect(difference<{ a?: number; b?: number }>({ a: 1 }, { a: 1, b: 2 })).toEqual({ b: null });
  expect(difference<{ a?: number }>({ a: 3 }, {})).toEqual({ a: 3 });
});
