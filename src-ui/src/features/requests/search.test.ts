import { expect, test } from "vitest";
import { requestSearch } from "./search";

const said = (search: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(requestSearch(search)).filter(([, value]) => value !== undefined));

test("what the address says is read, whatever it looks like", () => {
  expect(said({ project: 2026, http_status: "529", unpriced: false, billing: "subscription", from: 1 })).toEqual({
    project: "2026",
    http_status: 529,
    unpriced: false,
    billing: "subscription",
    from: 1,
  });
});

test("what makes no sense is left out", () => {
  expect(said({ http_status: "abc", billing: "gift", from: "yesterday", status: "odd", unpriced: "maybe" })).toEqual(
    {},
  );
});
