import { expect, test } from "vitest";
import { keepingOf, keepingProblems, keptOf, noKeeping } from "./keeping";

test("what a row keeps is typed and read back the same", () => {
  const row = { keep_bodies_days: 30, redact: ["emails", "secrets"], redact_patterns: ["\\bK-\\d+\\b", "a, b"] };
  expect(keptOf(keepingOf(row))).toEqual(row);
  expect(keptOf(noKeeping())).toEqual({ keep_bodies_days: null, redact: [], redact_patterns: [] });
});

test("what the gateway would refuse is said before", () => {
  expect(keepingProblems(noKeeping())).toEqual({});
  for (const wrong of ["0", "401", "1.5", "long"])
    expect(Object.keys(keepingProblems({ ...noKeeping(), keep_bodies_days: wrong })), wrong).toEqual([
      "keep_bodies_days",
    ]);
  const patterns = (lines: string[]) => keepingProblems({ ...noKeeping(), redact_patterns: lines.join("\n") });
  expect(patterns(Array(21).fill("a")).redact_patterns).toContain("At most 20");
  expect(patterns(["a", "b".repeat(257)]).redact_patterns).toContain("Expression 2");
});
