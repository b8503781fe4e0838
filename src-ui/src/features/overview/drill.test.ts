import { expect, test } from "vitest";
import { BYS } from "@/api/spend";
import { requestSearch } from "@/features/requests/search";
import { canDrill, logFilter } from "./drill";

test("what a figure is narrowed to is a filter that the log's address keeps", () => {
  for (const by of BYS) {
    const filter = logFilter(by, "one", { start: 1, end: 2 });
    expect(Object.values(filter)).toEqual(["one", 1, 2]);
    expect(requestSearch({ ...filter })).toMatchObject(filter);
  }
});

test("the rest of the groups, and what named none, cannot be told apart", () => {
  expect(canDrill(null)).toBe(false);
  expect(canDrill("")).toBe(false);
  expect(logFilter("project", "")).toEqual({});
});
