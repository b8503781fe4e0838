import { expect, test } from "vitest";
import { duration, relative } from "./time";

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
