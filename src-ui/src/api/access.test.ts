import { expect, test } from "vitest";
import { accessOf } from "./access";
import type { Session } from "./contract";

const session = (role: Session["role"], may?: string[]): Session => ({
  role,
  key_name: null,
  origin: "network",
  user: null,
  may,
});

test.each([
  ["admin", "POST /team/new", true],
  ["admin", "GET /budget/list", true],
  ["admin_viewer", "GET /user/list", true],
  ["admin_viewer", "GET /budget/list", false],
  ["admin_viewer", "POST /team/new", false],
  ["user", "GET /v2/team/list", true],
  ["user", "POST /key/generate", true],
  ["user", "GET /user/list", false],
  ["user", "GET /console/providers", false],
  ["viewer", "GET /key/list", true],
  ["viewer", "POST /key/generate", false],
  ["key", "GET /key/list", false],
] as const)("%s may %s: %s", (role, route, may) => expect(accessOf(session(role)).may(route)).toBe(may));

test("what the gateway says wins", () => {
  const access = accessOf(session("user", ["GET /user/list"]));
  expect(access.may("GET /user/list")).toBe(true);
  expect(access.may("GET /key/list")).toBe(false);
});
