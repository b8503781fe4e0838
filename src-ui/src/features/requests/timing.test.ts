import { expect, test } from "vitest";
import { barsOf } from "./timing";

const base = {
  attempt_log: [],
  latency_us: 5_000_000,
  first_byte_us: 1_000_000,
  provider: "openai",
  upstream_model: "gpt-5",
  model_group: "smart",
  outcome: "ok",
  status: 200,
} satisfies Parameters<typeof barsOf>[0];
const call = (duration_us: number, error: string | null = null) => ({
  provider: "openai",
  model: "gpt-5",
  status: error ? 529 : 200,
  duration_us,
  error,
});
const short = (bars: ReturnType<typeof barsOf>) => bars.map(({ kind, from, to }) => [kind, from / 1e6, to / 1e6]);

test("without a list of attempts there was one, up to the first byte", () => {
  expect(short(barsOf(base))).toEqual([
    ["waited", 0, 1],
    ["answer", 1, 5],
  ]);
});

test("attempts follow each other, and what is left is before them", () => {
  expect(short(barsOf({ ...base, attempt_log: [call(300_000, "Overloaded"), call(600_000)] }))).toEqual([
    ["before", 0, 0.1],
    ["failed", 0.1, 0.4],
    ["waited", 0.4, 1],
    ["answer", 1, 5],
  ]);
});

test("calls that ran beside each other are not drawn one after the other", () => {
  const bars = barsOf({ ...base, attempt_log: [call(400_000), call(1_000_000, "given up")] });
  expect(short(bars)).toEqual([
    ["waited", 0.6, 1],
    ["failed", 0, 1],
    ["answer", 1, 5],
  ]);
});

test("a request that came to nobody, or failed, has no answer", () => {
  expect(short(barsOf({ ...base, provider: null, first_byte_us: null }))).toEqual([["before", 0, 5]]);
  const failed = barsOf({ ...base, first_byte_us: null, attempt_log: [call(4_900_000, "Overloaded")] });
  expect(short(failed)).toEqual([
    ["before", 0, 0.1],
    ["failed", 0.1, 5],
  ]);
});
