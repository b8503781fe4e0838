import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { UsageBar, usageTone } from "./usage-bar";

test.each([
  [1, null, null, "none"],
  [5, null, 4, "near"],
  [79, 100, null, "fine"],
  [80, 100, null, "near"],
  [60, 100, 50, "near"],
  [100, 100, null, "spent"],
  [0, 0, null, "spent"],
] as const)("%d of %s with a soft mark at %s is %s", (used, limit, soft, tone) =>
  expect(usageTone(used, limit, soft)).toBe(tone),
);

test("the bar says in words what it shows", () => {
  const resetsAt = new Date(Date.now() + 11 * 86_400_000).toISOString();
  render(<UsageBar name="Budget" used={50} limit={60} soft={40} period="30d" resetsAt={resetsAt} />);
  const meter = screen.getByRole("meter", { name: "Budget" });
  expect(meter.getAttribute("aria-valuetext")).toBe(
    "$50.00 of $60.00, 83%, nearly used up, warns at $40.00, per month, resets in 11 days",
  );
  expect(meter.getAttribute("aria-valuenow")).toBe("83");
});

test("without a limit there is no bar, and it says so", () => {
  render(<UsageBar name="Budget" used={0.000042} limit={null} />);
  expect(screen.queryByRole("meter")).toBeNull();
  expect(screen.getByText("no budget")).toBeTruthy();
  expect(screen.getByText("$0.000042")).toBeTruthy();
});

test("what is counted has no dollars", () => {
  render(<UsageBar name="Requests a minute" unit="count" used={1200} limit={1000} />);
  expect(screen.getByText("1,200")).toBeTruthy();
  expect(screen.getByText("used up")).toBeTruthy();
});
