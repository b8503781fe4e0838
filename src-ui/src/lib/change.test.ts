import { expect, test } from "vitest";
import { isEmpty, listChange, textChange } from "./change";

test("what did not change is not said, what was taken away is null", () => {
  expect(textChange("alias", " Jo ", "Jo")).toEqual({});
  expect(textChange("alias", "", "Jo")).toEqual({ alias: null });
  expect(textChange("alias", "Jo", null)).toEqual({ alias: "Jo" });
  expect(listChange("models", ["b", "a"], ["a", "b"])).toEqual({});
  expect(listChange("models", [], ["a"])).toEqual({ models: [] });
  expect(isEmpty({ a: undefined })).toBe(true);
  expect(isEmpty({ a: null })).toBe(false);
});
