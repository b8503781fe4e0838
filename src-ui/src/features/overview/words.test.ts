import { expect, test } from "vitest";
import type { Spend } from "@/api/spend";
import { change, comparedAs, comparedSoFar, periodText, slotWords } from "./words";

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

test("a period that runs is compared with as much of the other", () => {
  const from = Date.parse("2026-11-27T00:00:00Z");
  const slot = (start: number, requests: number) => ({ start, totals: { requests } });
  const hours = [0, 1, 2, 3].map((hour) => hour * 3_600_000);
  const spend = {
    tz: "UTC",
    slots: hours.map((hour) => slot(from + hour, 1)),
    compared: { totals: { requests: 1111 }, slots: hours.map((hour, at) => slot(from - 86_400_000 + hour, 10 ** at)) },
  } as unknown as Spend;
  const running = comparedSoFar(spend, from + 1.5 * 3_600_000);
  expect(running.totals.requests).toBe(11);
  expect(comparedAs(spend, "yesterday", from + 1.5 * 3_600_000).name).toBe("yesterday until 02:00");
  expect(comparedSoFar(spend, from + 3.5 * 3_600_000)).toMatchObject({ totals: { requests: 1111 }, until: null });
});
