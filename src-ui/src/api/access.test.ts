import { expect, test } from "vitest";
import { accessOf } from "./access";
import type { Session } from "./contract";

const session = (more: Partial<Session>): Session => ({
  role: "user",
  key_name: null,
  origin: "network",
  signed_in: true,
  user_id: "u1",
  user_email: null,
  team_id: null,
  teams: [],
  organizations: [],
  may: new Proxy({} as Session["may"], { get: (_, name) => name === "teams" || name === "create_users" }),
  ...more,
});

test("routes go by the session's words", () => {
  const { may, all } = accessOf(session({}));
  expect(may("GET /v2/team/list")).toBe(true);
  expect(may("POST /user/delete")).toBe(true);
  expect(may("POST /team/new")).toBe(false);
  expect(all).toBe(false);
});

test("whoever administers an organization leads it, the administrator leads all", () => {
  const organizations = [
    { id: "o1", alias: "One", role: "org_admin" },
    { id: "o2", alias: "Two", role: "internal_user" },
  ];
  const { leads } = accessOf(session({ organizations }));
  expect([leads("o1"), leads("o2"), leads(null)]).toEqual([true, false, false]);
  expect(accessOf(session({ role: "admin" })).leads(null)).toBe(true);
});
