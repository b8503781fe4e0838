import { expect, test } from "vitest";
import type { TeamRow } from "@/api/contract";
import { noTeam, teamChange, teamDraft, teamFormOf } from "./team-form";

const row = {
  team_id: "t1",
  team_alias: "research",
  organization_id: null,
  models: ["demo"],
  budget_id: null,
  litellm_model_table: { model_aliases: { fast: "demo" } },
  metadata: { tags: ["a"], model_rpm_limit: { demo: 2 }, project: "x" },
  max_budget: 100,
  budget_duration: "1mo",
  team_member_budget_table: { max_budget: 5, budget_duration: "1d", rpm_limit: null, tpm_limit: null },
} as unknown as TeamRow;

test("a team has a name", () => expect(teamDraft(noTeam()).problems.team_alias).toMatch(/\w/));

test("a new team is sent with what was said of it and of its members", () => {
  const { draft, problems } = teamDraft({
    ...noTeam("org-1"),
    team_alias: " research ",
    team_member_budget: "5",
    team_member_budget_duration: "1d",
  });
  expect(problems).toEqual({});
  expect(draft).toEqual({
    team_alias: "research",
    organization_id: "org-1",
    team_member_budget: 5,
    team_member_budget_duration: "1d",
  });
});

test("only what differs is sent, null for what is taken away", () => {
  const before = teamFormOf(row);
  expect(teamChange(before, before)).toEqual({ change: {}, problems: {} });
  expect(teamChange({ ...before, team_member_budget: "", models: [] }, before).change).toEqual({
    models: [],
    team_member_budget: null,
    team_member_budget_duration: null,
  });
  expect(teamChange({ ...before, team_alias: "" }, before).problems.team_alias).toMatch(/\w/);
});

test("members' limits are checked as all are", () => {
  const { problems } = teamDraft({
    ...noTeam(),
    team_alias: "t",
    team_member_budget: "x",
    team_member_rpm_limit: "-1",
  });
  expect(Object.keys(problems).sort()).toEqual(["team_member_budget", "team_member_rpm_limit"]);
});

test("tags stay where metadata is replaced, and the other way round", () => {
  const before = teamFormOf(row);
  expect(before).toMatchObject({ tags: "a", aliases: [{ name: "fast", model: "demo" }] });
  expect(teamChange({ ...before, metadata: '{"project": "y"}' }, before).change).toEqual({
    metadata: { project: "y", tags: ["a"] },
  });
  expect(teamChange({ ...before, tags: "a, b" }, before).change).toEqual({ tags: ["a", "b"] });
  expect(teamChange({ ...before, aliases: [] }, before).change).toEqual({ model_aliases: {} });
  expect(teamChange({ ...before, metadata: "{" }, before).problems.metadata).toMatch(/JSON/);
});
