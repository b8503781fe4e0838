import { expect, test } from "vitest";
import { changedRank, isUsual, newRank, rankProblems } from "./rank";

test("what stays as it is is not sent", () => {
  expect(changedRank(newRank())).toEqual({});
  const before = { priority: "5", weight: "6", timeout: "7.5" };
  expect(changedRank(before, before)).toEqual({});
  expect(changedRank({ priority: " 5 ", weight: "06", timeout: "8" }, before)).toEqual({ timeout: 8 });
  expect(changedRank({ ...before, timeout: "" }, before)).toEqual({ timeout: null });
  expect(changedRank({ priority: "0", weight: "1", timeout: "0.5" })).toEqual({ priority: 0, weight: 1, timeout: 0.5 });
});

test("each field has its range", () => {
  expect(rankProblems(newRank())).toEqual({});
  expect(rankProblems({ priority: "1000000", weight: "0", timeout: "86400" })).toEqual({});
  for (const wrong of ["", "-1", "1.5", "many", "1000001"]) {
    expect(Object.keys(rankProblems({ ...newRank(), priority: wrong })), wrong).toEqual(["priority"]);
    expect(Object.keys(rankProblems({ ...newRank(), weight: wrong })), wrong).toEqual(["weight"]);
  }
  for (const wrong of ["0", "-1", "soon", "86401"])
    expect(Object.keys(rankProblems({ ...newRank(), timeout: wrong })), wrong).toEqual(["timeout"]);
});

test("only the defaults are usual", () => {
  expect(isUsual(newRank())).toBe(true);
  expect(isUsual({ ...newRank(), timeout: "60" })).toBe(false);
});
