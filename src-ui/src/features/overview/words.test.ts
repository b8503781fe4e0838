import { expect, test } from "vitest";
import { change, periodText, slotWords } from "./words";

test("a change is said in words, and what was nothing before is new", () => {
  expect(change(0, 0)).toBeNull();
  expect(change(5, 0)).toMatchObject({ text: "new" });
  expect(change(112, 100)).toEqual({ text: "▲ 12%", spoken: "up 12%", up: true });
  expect(change(50, 100)).toMatchObject({ text: "▼ 50%", spoken: "down 50%" });
  expect(change(0, 100)).toMatchObject({ text: "▼ 100%" });
  expect(change(4200, 100)).toMatchObject({ text: "▲ 42×", spoken: "42× as much" });
  expect(change(7, 7)).toMatchObject({ text: "same" });
});

test("a period's days are those of its zone", () => {
  const [from, to] = [Date.parse("2026-11-20T23:00:00Z"), Date.parse("2026-11-27T23:00:00Z")];
  expect(periodText({ from, to, tz: "Europe/Berlin" }, "2026-11-27")).toBe("November 21 – 27");
});

test("hours are told in the period's zone, and say the day where there are two", () => {
  const from = Date.parse("2026-11-20T23:00:00Z");
  const spend = { bucket: "hour", tz: "Europe/Berlin", from, slots: [] };
  const words = slotWords({ ...spend, to: from + 48 * 3_600_000 } as unknown as Parameters<typeof slotWords>[0]);
  expect(words.short(from)).toBe("Sat, Nov 21");
  expect(words.short(from + 3_600_000)).toBe("01:00");
  expect(words.long(from, from + 3_600_000)).toBe("Sat, Nov 21, 00:00 – 01:00");
});
