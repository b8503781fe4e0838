import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const row = (page: Page, name: string) => page.locator(`[data-testid=organization-row][data-name="${name}"]`);
const member = (page: Page, name: string) => page.locator(`[data-testid=member][data-name="${name}"]`);

test("an organization is made, gets a team and an administrator", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/organizations");
  await expect(page.getByTestId("organizations-empty")).toContainText(
    "keep a customer's or a department's teams apart",
  );
  await page.getByTestId("organizations-new-first").click();
  await page.getByTestId("organization-create").click();
  await expect(page.getByText("An organization needs a name.")).toBeVisible();
  await page.getByTestId("organization-organization_alias").fill("Acme");
  await page.getByTestId("organization-max_budget").fill("500");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("organization-drawer")).toContainText("of $500.00");
  await page.getByTestId("organization-drawer-tab-members").click();
  await page.getByTestId("member-add").click();
  await page.getByTestId("member-who").fill("boss@example.org");
  await page.getByTestId("member-role").click();
  await page.getByRole("option", { name: "Organization administrator" }).click();
  await page.getByTestId("member-max_budget").fill("x");
  await page.getByTestId("member-create").click();
  await expect(page.getByText("Dollars, such as 5 or 0.50, up to 9,000,000.")).toBeVisible();
  await page.getByTestId("member-max_budget").fill("50");
  await page.getByTestId("member-create").click();
  await expect(member(page, "boss@example.org")).toContainText("Organization administrator");
  await page.getByTestId("organization-drawer-tab-teams").click();
  await page.getByTestId("organization-team-new").click();
  await expect(page.getByTestId("team-organization_id")).toContainText("Acme");
  await page.getByTestId("team-team_alias").fill("engineering");
  await page.getByTestId("team-create").click();
  await expect(page.getByTestId("team-drawer")).toContainText("Acme");
  await page.getByRole("link", { name: "Acme" }).click();
  await expect(page.getByTestId("organization-drawer-tab-teams")).toContainText("1");
});

test("it is changed, blocked, and deleted with the teams that are named", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/organizations");
  await row(page, "North").click();
  await page.getByTestId("organization-drawer-tab-settings").click();
  await page.getByTestId("organization-max_budget").fill("100");
  await page.getByTestId("organization-save").click();
  await expect(page.getByText("is below what is spent")).toBeVisible();
  await page.getByTestId("organization-max_budget").fill("900");
  await page.getByTestId("organization-save").click();
  await expect(page.getByText("North is changed.")).toBeVisible();
  await page.getByTestId("organization-drawer-menu").click();
  await page.getByTestId("organization-block").click();
  await expect(page.getByText("North is blocked")).toBeVisible();
  await page.getByTestId("organization-drawer-menu").click();
  await page.getByTestId("organization-delete").click();
  await expect(page.getByTestId("delete-organization")).toContainText("2 teams and every key");
  await expect(page.getByTestId("delete-organization")).toContainText("Research");
  await page.getByTestId("confirm").click();
  await expect(row(page, "North")).toHaveCount(0);
});
