import { expect, test } from "vitest";
import { PERIODS, period, periodsWith } from "./period";

test.each([
  ["30d", "a month"],
  ["1mo", "a month"],
  ["24h", "a day"],
  ["2w", "2 weeks"],
  ["fortnight", "fortnight"],
])("%s is %s", (duration, words) => expect(period(duration)).toBe(words));

test("what is set already can be chosen, whatever it is", () => {
  expect(periodsWith("1d")).toBe(PERIODS);
  expect(periodsWith("2mo").at(-1)).toEqual({ value: "2mo", label: "Every 2 months" });
  expect(periodsWith("30d").at(-1)).toEqual({ value: "30d", label: "Every month" });
});
