import { expect, test } from "vitest";
import { follow } from "./follow";

test("what was not touched follows, what was typed stays", () => {
  const before = { name: "Alan", models: ["a"], limits: { budget: "5", rpm: "" } };
  const typed = { name: "Alan", models: ["a", "b"], limits: { budget: "50", rpm: "" } };
  const now = { name: "Alan Turing", models: ["c"], limits: { budget: "7", rpm: "3" } };
  expect(follow(typed, before, now)).toEqual({
    name: "Alan Turing",
    models: ["a", "b"],
    limits: { budget: "50", rpm: "3" },
  });
  expect(follow(before, before, now)).toBe(now);
});
