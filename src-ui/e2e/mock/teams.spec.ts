import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const row = (page: Page, name: string) => page.locator(`[data-testid=team-row][data-name="${name}"]`);
const member = (page: Page, name: string) => page.locator(`[data-testid=member][data-name="${name}"]`);

test("a team is made with limits, and its page opens for its members", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/teams");
  await page.getByTestId("teams-new").click();
  await page.getByTestId("team-create").click();
  await expect(page.getByText("A team needs a name.")).toBeVisible();
  await page.getByTestId("team-team_alias").fill("platform");
  await page.getByTestId("team-organization_id").click();
  await page.getByRole("option", { name: "North" }).click();
  await page.getByTestId("team-max_budget").fill("100");
  await page.getByTestId("team-budget_duration").click();
  await page.getByRole("option", { name: "Every month" }).click();
  await page.getByTestId("team-soft_budget").fill("120");
  await page.getByTestId("team-create").click();
  await expect(page.getByText("would never come")).toBeVisible();
  await page.getByTestId("team-soft_budget").fill("80");
  await page.getByText("Limits of each member").click();
  await page.getByTestId("team-team_member_budget").fill("10");
  const sent = page.waitForRequest("**/team/new");
  await page.getByTestId("team-create").click();
  expect((await sent).postDataJSON()).toEqual({
    team_alias: "platform",
    organization_id: "o-north",
    max_budget: 100,
    soft_budget: 80,
    budget_duration: "1mo",
    team_member_budget: 10,
  });
  await expect(page.getByTestId("team-drawer")).toContainText("platform");
  await expect(page.getByTestId("team-drawer")).toContainText("warns at $80.00");
  await page.getByTestId("team-drawer-tab-members").click();
  await expect(page.getByTestId("team-drawer")).toContainText("Nobody is in it yet");
  await page.getByTestId("member-add").click();
  await page.getByTestId("member-who").fill("new-person@example.org");
  await page.keyboard.press("Enter");
  await expect(member(page, "new-person@example.org")).toContainText("of $10.00");
});

test("members are changed and taken out, and their keys are named", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/teams?open=t-research");
  await page.getByTestId("team-drawer-tab-members").click();
  await page.getByTestId("member-add").click();
  await page.getByTestId("member-who").fill("ada@example.org");
  await page.getByTestId("member-create").click();
  await expect(page.getByTestId("member-dialog")).toContainText("is in the team already");
  await page.keyboard.press("Escape");
  await member(page, "grace@example.org").getByTestId("member-edit").click();
  await page.getByTestId("member-role").click();
  await page.getByRole("option", { name: "Team administrator" }).click();
  await page.getByTestId("member-max_budget").fill("40");
  const sent = page.waitForRequest("**/team/member_update");
  await page.getByTestId("member-create").click();
  expect((await sent).postDataJSON()).toMatchObject({ user_id: "u-grace", role: "admin", max_budget_in_team: 40 });
  await expect(member(page, "grace@example.org")).toContainText("Team administrator");
  await expect(member(page, "grace@example.org")).toContainText("of $40.00");
  await member(page, "alan@example.org").getByTestId("member-remove").click();
  await expect(page.getByTestId("remove-member")).toContainText("They stay a user");
  await page.getByTestId("confirm").click();
  await expect(member(page, "alan@example.org")).toHaveCount(0);
  await expect(page.getByTestId("team-drawer-tab-members")).toContainText("2");
});

test("what members may do is chosen", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/teams?open=t-research");
  await page.getByTestId("team-drawer-tab-permissions").click();
  await page.getByTestId("permission-/key/generate").check();
  await page.getByTestId("permissions-save").click();
  await expect(page.getByText("What members of Research may do is changed.")).toBeVisible();
  await expect(page.getByTestId("permissions-save")).toHaveCount(0);
  await expect(page.getByTestId("permission-/key/generate")).toBeChecked();
});

test("settings: limits by model, and what is taken away", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/teams?open=t-research");
  await page.getByTestId("team-drawer-tab-settings").click();
  await page.getByTestId("team-soft_budget").fill("");
  await page.getByTestId("team-model-add").click();
  await page.getByTestId("team-save").click();
  await expect(page.getByText("Which model?")).toBeVisible();
  await page.getByTestId("team-model").last().click();
  await page.getByPlaceholder("Type to narrow").fill("demo");
  await page.getByRole("option").first().click();
  await page.getByTestId("team-model-rpm").last().fill("7");
  const sent = page.waitForRequest("**/team/update");
  await page.getByTestId("team-save").click();
  expect((await sent).postDataJSON()).toEqual({
    team_id: "t-research",
    soft_budget: null,
    model_rpm_limit: { demo: 7 },
  });
  await expect(page.getByText("Research is changed.")).toBeVisible();
});

test("a team is blocked, unblocked and deleted with what is lost", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/teams");
  await row(page, "support bot").click();
  await page.getByTestId("team-drawer-menu").click();
  await page.getByTestId("team-block").click();
  await expect(page.getByTestId("team-drawer")).toContainText("blocked");
  await page.getByTestId("team-drawer-menu").click();
  await page.getByTestId("team-block").click();
  await expect(page.getByText("support bot works again.")).toBeVisible();
  await page.getByTestId("team-drawer-menu").click();
  await page.getByTestId("team-delete").click();
  await expect(page.getByTestId("delete-team")).toContainText("2 people lose what they had in it");
  await page.getByTestId("confirm").click();
  await expect(row(page, "support bot")).toHaveCount(0);
});

test("ten thousand teams are searched and narrowed to an organization", async ({ page }) => {
  await signIn(page, mockKey("many"), "/teams");
  await expect(page.getByTestId("teams-count")).toHaveText("10,004 teams");
  await page.getByTestId("teams-search").fill("team 00815");
  await expect(page.getByTestId("team-row")).toHaveCount(1);
  await page.getByTestId("teams-search").fill("");
  await page.getByTestId("teams-organization").click();
  await page.getByRole("option", { name: "North" }).click();
  await expect(page.getByTestId("teams-count")).toHaveText("2 teams");
});

test("tags, metadata and other names for models are kept with a team", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/teams?open=t-research");
  await page.getByTestId("team-drawer-tab-settings").click();
  await expect(page.getByTestId("team-tags")).toHaveValue("research");
  await expect(page.getByTestId("team-alias-name")).toHaveValue("fast");
  await page.getByTestId("team-metadata").fill('{"cost_center": 4712}');
  await page.getByRole("button", { name: "Take out the alias fast" }).click();
  const sent = page.waitForRequest("**/team/update");
  await page.getByTestId("team-save").click();
  expect((await sent).postDataJSON()).toEqual({
    team_id: "t-research",
    model_aliases: {},
    metadata: { cost_center: 4712, tags: ["research"] },
  });
  await expect(page.getByText("Research is changed.")).toBeVisible();
  await expect(page.getByTestId("team-tags")).toHaveValue("research");
});
