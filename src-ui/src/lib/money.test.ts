import { describe, expect, test } from "vitest";
import { costOf, dollars, money, moneyExact, parsePerMillion, perMillion } from "./money";

describe("money", () => {
  test.each([
    [0, "$0.00"],
    [1, "$0.000000001"],
    [42_000, "$0.000042"],
    [4_200_000, "$0.0042"],
    [421_300_000, "$0.421"],
    [500_000_000, "$0.50"],
    [999_600_000, "$1.00"],
    [12_340_000_000, "$12.34"],
    [1_234_567_890_000, "$1,234.57"],
    [-42_000, "-$0.000042"],
  ])("%i nano-dollars are %s", (nanos, text) => expect(money(nanos)).toBe(text));

  test("the exact form keeps every digit", () => {
    expect(moneyExact(41_250)).toBe("$0.00004125");
    expect(moneyExact(1_234_567_891)).toBe("$1.234567891");
  });

  test("dollars of the key routes survive floating point", () => expect(dollars(0.1 + 0.2)).toBe("$0.30"));
});

describe("prices", () => {
  test.each([
    [3_000_000, "$3.00"],
    [75_000, "$0.075"],
    [37_500, "$0.0375"],
    [1, "$0.000001"],
    [0, "$0.00"],
  ])("%i pico-dollars a token are %s a million", (pico, text) => {
    expect(perMillion(pico)).toBe(text);
    expect(parsePerMillion(text)).toBe(pico);
  });

  test.each(["", "x", "-1", "1,5", "1.1234567", "1e3"])("%j is no price", (text) =>
    expect(parsePerMillion(text)).toBeNull(),
  );
});

test("unpriced, local and covered requests are words, never zero", () => {
  expect(costOf({ billing: "api", cost_nanos: null }).text).toBe("unpriced");
  expect(costOf({ billing: "local", cost_nanos: 0 }).text).toBe("local");
  expect(costOf({ billing: "subscription", cost_nanos: 5 }).text).toBe("subscription");
  expect(costOf({ billing: "api", cost_nanos: 0 }).text).toBe("$0.00");
});
