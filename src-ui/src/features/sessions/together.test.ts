import { expect, test } from "vitest";
import type { SessionRow } from "@/api/sessions";
import { together } from "./together";

const row = (key_id: string, first_at: number, requests: number, project: string | null = null) =>
  ({
    session: "main",
    key_id,
    key_name: key_id,
    project,
    first_at,
    last_at: first_at + 10,
    totals: { requests, cost_nanos: requests * 5 },
  }) as SessionRow;

test("with several keys it is one session, as long as all of them together", () => {
  expect(together([])).toBeUndefined();
  const one = row("a", 5, 2);
  expect(together([one])).toBe(one);
  expect(together([row("b", 50, 3, "atlas"), one])).toMatchObject({
    key_id: "a",
    key_name: "2 keys",
    project: "atlas",
    first_at: 5,
    last_at: 60,
    totals: { requests: 5, cost_nanos: 25 },
  });
});
