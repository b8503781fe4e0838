import { expect, test } from "vitest";
import { limitsOf } from "@/features/limits/limits";
import { memberChange, memberDraft, memberFields, noMember, type Place } from "./member-form";
import { ORGANIZATION_ROLES, TEAM_ROLES } from "./names";

const TEAM: Place<"admin" | "user"> = { roles: TEAM_ROLES, usual: "user", budget: "max_budget_in_team" };
const ORGANIZATION: Place<string> = {
  roles: ORGANIZATION_ROLES,
  usual: "internal_user",
  budget: "max_budget_in_organization",
};

test("somebody is added by an address or an id", () => {
  const limits = limitsOf({ max_budget: 5, allowed_models: ["demo"] });
  expect(memberDraft(TEAM, { ...noMember(TEAM), who: "jo@example.com", limits }).draft).toEqual({
    member: { role: "user", user_email: "jo@example.com" },
    max_budget_in_team: 5,
    allowed_models: ["demo"],
  });
  expect(memberDraft(ORGANIZATION, { ...noMember(ORGANIZATION), who: "jo", role: "org_admin", limits }).draft).toEqual({
    member: { role: "org_admin", user_id: "jo" },
    max_budget_in_organization: 5,
    allowed_models: ["demo"],
  });
  expect(memberDraft(TEAM, noMember(TEAM)).problems.user_email).toMatch(/\w/);
  expect(memberFields(TEAM)).toContain("max_budget_in_team");
});

test("of a member only what differs is sent", () => {
  const limits = limitsOf({ max_budget: 5, budget_duration: "1d", allowed_models: ["demo"] });
  const before = { ...noMember(TEAM), who: "jo", limits };
  expect(memberChange(TEAM, before, before).draft).toEqual({});
  expect(memberChange(TEAM, { ...before, limits: limitsOf({}), role: "admin" }, before).draft).toEqual({
    role: "admin",
    max_budget_in_team: null,
    budget_duration: null,
    allowed_models: [],
  });
  const wrong = { ...before, limits: { ...limits, rpm_limit: "1.5" } };
  expect(memberChange(TEAM, wrong, before).problems.rpm_limit).toMatch(/\w/);
});
