import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { RequestDetail } from "@/api/contract";
import { CostTable } from "./money-tables";

const bill = {
  deployment_id: "slow-1",
  provider: "openai",
  upstream_model: "gpt-5",
  input_tokens: 1200,
  output_tokens: 0,
  cost_nanos: 1_500_000 as number | null,
  estimated: true,
};
const detail = {
  billing: "api",
  cost_nanos: 3_500_000,
  cost_lines: [{ kind: "input", tokens: 1000, price_pico: 2_000_000, cost_nanos: 2_000_000 }],
  bills: [bill],
} as unknown as RequestDetail;

const shown = (testid: string) => screen.getByTestId(testid).textContent;

test("a further call has a line of its own, and the total is of all", () => {
  render(<CostTable detail={detail} />);
  expect(shown("bill")).toMatch(/gpt-5 at openai, given up \(estimated\)1.200\$0\.0015/);
  expect(shown("cost-total")).toContain("$0.0035");
});

test("one without a price leaves the request unpriced, and is still told", () => {
  render(<CostTable detail={{ ...detail, cost_nanos: null, bills: [{ ...bill, cost_nanos: null }] }} />);
  expect(shown("bill")).toContain("not priced");
});

test("a local answer may have cost what somebody else had read", () => {
  render(<CostTable detail={{ ...detail, billing: "local", cost_nanos: 1_500_000, cost_lines: [] }} />);
  expect(shown("bill")).toContain("$0.0015");
});

test("each line says what it is paid for, and one without a price is not priced", () => {
  const cost_lines = [
    { kind: "web_search", tokens: 3, price_pico: 10_000_000_000, cost_nanos: 30_000_000 },
    { kind: "per_request", tokens: 1, price_pico: null, cost_nanos: null },
    { kind: "discount", tokens: 0, price_pico: 0, cost_nanos: -3_000_000 },
  ];
  render(<CostTable detail={{ ...detail, cost_nanos: null, bills: [], cost_lines }} />);
  const lines = screen.getAllByTestId("cost-line").map((line) => line.textContent);
  expect(lines[0]).toBe("Web searches3$0.01 per search$0.03");
  expect(lines[1]).toBe("Request1not priced");
  expect(lines[2]).toBe("Discount of this provider-$0.003");
  expect(screen.queryByTestId("cost-total")).toBeNull();
});

test("what a flat rate covers is told beside its worth", () => {
  render(<CostTable detail={{ ...detail, billing: "subscription", cost_nanos: 0, covered_nanos: 3_500_000 }} />);
  expect(shown("cost-covered")).toContain("would have cost");
  expect(shown("cost-total")).toBe("$0.0035");
});

test("what the provider reported is told without prices for each kind of token", () => {
  const cost_lines = [
    { kind: "input", tokens: 1000, price_pico: null, cost_nanos: null },
    { kind: "reported_input", tokens: 1, price_pico: null, cost_nanos: 1_000_000 },
    { kind: "reported", tokens: 1, price_pico: null, cost_nanos: 2_000_000 },
    { kind: "fee", tokens: 1, price_pico: null, cost_nanos: 500_000 },
  ];
  const told = { ...detail, price_source: "provider", price_version: null, bills: [], cost_lines };
  render(<CostTable detail={told} />);
  const lines = screen.getAllByTestId("cost-line").map((line) => line.textContent);
  expect(lines).toEqual(["Input, reported$0.001", "Reported by the provider$0.002", "Fee per request$0.0005"]);
  expect(screen.getByText("Cost as reported by the provider")).toBeTruthy();
});

test("what counts as it was reserved says so", () => {
  render(<CostTable detail={{ ...detail, price_source: "reservation", price_version: null }} />);
  expect(screen.getByText(/counted as reserved within a budget/)).toBeTruthy();
});
