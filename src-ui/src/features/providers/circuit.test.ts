import { expect, test } from "vitest";
import { circuitText } from "./circuit";

const open = { state: "open", retry_in_seconds: 12, reason: "status 500" } as const;

test("the wait gets shorter and then ends", () => {
  expect(circuitText(open, 12_000, 0)).toBe("Cooling down, 12 s: status 500");
  expect(circuitText(open, 12_000, 11_001)).toBe("Cooling down, 1 s: status 500");
  expect(circuitText(open, 12_000, 12_000)).toBe("About to be tried again: status 500");
  expect(circuitText(open, 240_000, 0)).toBe("Cooling down, 4 min: status 500");
  expect(circuitText(open, 3 * 3_600_000, 0)).toBe("Cooling down, 3 h: status 500");
});

test("half open is not a wait", () => {
  expect(circuitText({ state: "half_open", retry_in_seconds: null, reason: null }, null, 0)).toBe(
    "About to be tried again.",
  );
});
