import { expect, test } from "vitest";
import { duration, lasted, relative } from "./time";

test.each([
  [850, "850 µs"],
  [1500, "1.5 ms"],
  [84_400, "84 ms"],
  [999_600, "1.00 s"],
  [2_345_000, "2.35 s"],
  [12_340_000, "12.3 s"],
  [125_000_000, "2 m 05 s"],
])("%i µs", (micros, text) => expect(duration(micros)).toBe(text));

test("relative times", () => {
  const now = Date.UTC(2026, 0, 10);
  expect(relative(now - 5000, now)).toBe("just now");
  expect(relative(now - 5 * 60_000, now)).toBe("5 min ago");
  expect(relative(now - 3 * 3_600_000, now)).toBe("3 h ago");
  expect(relative(now + 12 * 86_400_000, now)).toBe("in 12 days");
});

test.each([
  [0, "1 s"],
  [42_000, "42 s"],
  [59_900, "1 min"],
  [60_000, "1 min"],
  [59 * 60_000, "59 min"],
  [3 * 3_600_000 + 5 * 60_000, "3 h 05 min"],
  [86_400_000 - 1000, "1 day 0 h"],
  [28 * 3_600_000, "1 day 4 h"],
  [50 * 3_600_000, "2 days 2 h"],
])("%i ms", (millis, text) => expect(lasted(millis)).toBe(text));
