import { expect, test } from "vitest";
import { memberChange, memberDraft, noMember } from "./member-form";

test("somebody is added by an address or an id", () => {
  expect(memberDraft({ ...noMember(), who: "jo@example.com", max_budget_in_team: "5" }).draft).toEqual({
    member: { role: "user", user_email: "jo@example.com" },
    max_budget_in_team: 5,
  });
  expect(memberDraft({ ...noMember(), who: "jo", role: "admin" }).draft).toEqual({
    member: { role: "admin", user_id: "jo" },
  });
  expect(memberDraft(noMember()).problems.user_email).toMatch(/\w/);
});

test("of a member only what differs is sent", () => {
  const before = { ...noMember(), who: "jo", max_budget_in_team: "5", budget_duration: "1d" };
  expect(memberChange(before, before).draft).toEqual({});
  expect(memberChange({ ...before, max_budget_in_team: "", role: "admin" }, before).draft).toEqual({
    role: "admin",
    max_budget_in_team: null,
    budget_duration: null,
  });
  expect(memberChange({ ...before, rpm_limit: "1.5" }, before).problems.rpm_limit).toMatch(/\w/);
});
