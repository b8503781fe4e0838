import { expect, test } from "vitest";
import { addDays, addMonths, dayOf, daysBetween, isDay, monthEnd, spanText, weekday } from "./days";

test("a moment is in another day elsewhere", () => {
  const at = Date.parse("2026-11-26T23:30:00Z");
  expect(dayOf(at, "UTC")).toBe("2026-11-26");
  expect(dayOf(at, "Europe/Berlin")).toBe("2026-11-27");
  expect(dayOf(at, "America/New_York")).toBe("2026-11-26");
});

test("days are counted by the calendar, whatever clocks do", () => {
  expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
  expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
  expect(daysBetween("2026-10-24", "2026-10-26")).toBe(2);
  expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
  expect(addMonths("2026-01-31", -2)).toBe("2025-11-30");
  expect(monthEnd("2028-02-10")).toBe("2028-02-29");
  expect(weekday("2026-11-23")).toBe(0);
});

test("a day that does not exist is none", () => {
  expect(isDay("2026-02-28")).toBe(true);
  expect(isDay("2026-02-30")).toBe(false);
  expect(isDay("26-2-3")).toBe(false);
  expect(isDay(20260228)).toBe(false);
});

test("a span says its year only where it is another", () => {
  expect(spanText("2026-11-21", "2026-11-27", "2026-11-27")).toBe("November 21 – 27");
  expect(spanText("2026-11-27", "2026-11-27", "2026-11-27")).toBe("Friday, November 27");
  expect(spanText("2025-12-30", "2026-01-02", "2026-11-27")).toBe("December 30, 2025 – January 2, 2026");
});
