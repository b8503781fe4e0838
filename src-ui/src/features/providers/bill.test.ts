import { expect, test } from "vitest";
import { billOf, billProblems, billWord, changedBill, newBill } from "./bill";

test("what stays as it is is not sent, and an empty percentage is none", () => {
  expect(changedBill(newBill())).toEqual({});
  const before = billOf({ billing: "api", price_adjustment_percent: -15 });
  expect(before.percent).toBe("-15");
  expect(changedBill({ ...before, percent: " -15 % " }, before)).toEqual({});
  expect(changedBill({ billing: "subscription", percent: "" }, before)).toEqual({
    billing: "subscription",
    price_adjustment_percent: 0,
  });
});

test("the percentage has its range", () => {
  for (const right of ["", "0", "-100", "1000", "2.5"])
    expect(billProblems({ ...newBill(), percent: right })).toEqual({});
  for (const wrong of ["-101", "1001", "much"])
    expect(Object.keys(billProblems({ ...newBill(), percent: wrong })), wrong).toEqual(["price_adjustment_percent"]);
});

test("only what is unusual has a word", () => {
  expect(billWord({ billing: "api", price_adjustment_percent: 0 })).toBeNull();
  expect(billWord({ billing: "api", price_adjustment_percent: -20 })).toBe("20% discount");
  expect(billWord({ billing: "api", price_adjustment_percent: 5 })).toBe("5% mark-up");
  expect(billWord({ billing: "subscription", price_adjustment_percent: 0 })).toBe("subscription");
});
