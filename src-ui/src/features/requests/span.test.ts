import { expect, test } from "vitest";
import { spanText } from "./span";

const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);

test("whole days are named without hours, hours with their day", () => {
  expect(spanText(at("26T00:00"), at("27T00:00"))).toBe("Nov 26");
  expect(spanText(at("21T00:00"), at("28T00:00"))).toBe("Nov 21 – Nov 27");
  expect(spanText(at("26T14:00"), at("26T15:00"))).toBe("Nov 26, 14:00 – 15:00");
  expect(spanText(at("26T23:00"), at("27T00:00"))).toBe("Nov 26, 23:00 – 00:00");
  expect(spanText(at("26T14:00"), at("28T15:00"))).toBe("Nov 26, 14:00 – Nov 28, 15:00");
  expect(spanText(at("26T14:00"), undefined)).toBe("from Nov 26, 14:00 on");
  expect(spanText(undefined, at("26T00:00"))).toBe("before Nov 26");
});
