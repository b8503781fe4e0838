import { expect, test } from "vitest";
import type { OrganizationRow } from "@/api/contract";
import { noOrganization, organizationChange, organizationDraft, organizationFormOf } from "./organization-form";

const row = {
  organization_id: "o1",
  organization_alias: "Acme",
  models: [],
  budget_id: null,
  max_budget: 100,
  model_rpm_limit: { demo: 5 },
  model_tpm_limit: {},
  litellm_budget_table: { model_max_budget: { demo: { max_budget: 1, budget_duration: null } } },
} as unknown as OrganizationRow;

test("an organization has a name", () => {
  expect(organizationDraft(noOrganization()).problems.organization_alias).toMatch(/\w/);
  const before = organizationFormOf(row);
  expect(organizationChange({ ...before, organization_alias: " " }, before).problems.organization_alias).toMatch(/\w/);
});

test("limits by model are found where they stand", () => {
  const before = organizationFormOf(row);
  expect(before.limits.models).toEqual([{ model: "demo", budget: "1", period: "", rpm: "5", tpm: "" }]);
  expect(organizationChange(before, before)).toEqual({ change: {}, problems: {} });
});
