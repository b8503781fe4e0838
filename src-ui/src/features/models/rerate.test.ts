import { expect, test } from "vitest";
import { changeWords } from "./rerate";

const none = { rows: 0, changed: 0, unpriced_before: 0, unpriced_after: 0, cost_nanos_before: 0, cost_nanos_after: 0 };

test("what would change is said in words", () => {
  expect(changeWords(none)).toContain("no requests of it yet");
  expect(changeWords({ ...none, rows: 4 })).toContain("None of its 4 requests");
  expect(
    changeWords({ ...none, rows: 412, changed: 12, unpriced_before: 12, unpriced_after: 0, cost_nanos_after: 1.5e9 }),
  ).toBe(
    "With the prices of now, 12 of its 412 requests so far would change. 12 unpriced ones would have a price. Your recorded spend would rise by $1.50, from $0.00 to $1.50 for this model.",
  );
  expect(changeWords({ ...none, rows: 1, changed: 1, cost_nanos_before: 2e9, cost_nanos_after: 1e9 })).toContain(
    "its only request so far would change. Your recorded spend would fall by $1.00",
  );
  const since = Date.parse("2026-11-01T00:00:00Z");
  expect(changeWords(none, since)).toBe("There are no requests of it since Nov 1: nothing would change.");
  expect(changeWords({ ...none, rows: 4, changed: 4, cost_nanos_after: 1e9 }, since)).toBe(
    "With the prices of now, all 4 requests since Nov 1 would change. Your recorded spend would rise by $1.00, from $0.00 to $1.00 for this model in that time.",
  );
});
