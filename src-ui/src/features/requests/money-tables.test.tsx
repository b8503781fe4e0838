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
  expect(shown("bill")).toContain("unpriced");
});

test("a local answer may have cost what somebody else had read", () => {
  render(<CostTable detail={{ ...detail, billing: "local", cost_nanos: 1_500_000, cost_lines: [] }} />);
  expect(shown("bill")).toContain("$0.0015");
});
