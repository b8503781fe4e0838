import { expect, test } from "vitest";
import { passwordProblems } from "./password";

test("a password has its length, and is typed twice", () => {
  expect(passwordProblems("short", "short").password).toMatch(/8 to 256/);
  expect(passwordProblems("long enough", "long enogh").again).toMatch(/\w/);
  expect(passwordProblems("long enough", "long enough")).toEqual({});
  // Counted as people count: a family is few letters, however many units it is written with.
  expect(passwordProblems("🦉🦉🦉🦉", "🦉🦉🦉🦉").password).toMatch(/\w/);
});
