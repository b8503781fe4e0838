import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

const ROW = "model-row";

test("the whole catalogue is searched and filtered at once", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models");
  await expect(page.getByTestId(ROW).first()).toBeVisible();
  expect(await page.getByTestId(ROW).count()).toBeLessThan(80);
  await page.getByTestId("models-search").fill("claude sonnet");
  await expect(page.getByTestId(ROW).first()).toContainText(/claude.*sonnet/i);
  await page.getByTestId("models-provider").click();
  await page.getByPlaceholder("Type to narrow").fill("anthropic");
  await page
    .getByRole("option", { name: /^anthropic/ })
    .first()
    .click();
  for (const text of await page.getByTestId(ROW).allTextContents()) expect(text).toContain("anthropic/");
  await page.getByTestId("models-search").fill("nothing has this name");
  await expect(page.getByTestId("models-empty")).toBeVisible();
});

test("the cheapest come first, and a model without a price is not among them", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models?mode=chat&provider=openai");
  await page.getByRole("columnheader", { name: "Input" }).getByRole("button").click();
  await expect(page.getByRole("columnheader", { name: "Input" })).toHaveAttribute("aria-sort", "ascending");
  await expect(page.getByTestId(ROW).first()).toContainText(/\$|free/);
  await page.getByRole("columnheader", { name: "Input" }).getByRole("button").click();
  await expect(page.getByRole("columnheader", { name: "Input" })).toHaveAttribute("aria-sort", "descending");
  await expect(page.getByTestId(ROW).first()).toContainText("$");
});

test("only what I can call", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/models");
  await page.getByTestId("models-available").click();
  await expect(page.getByTestId("models-empty")).toContainText("Only models of configured providers");
});

test("an own price is checked, saved, shown and taken back", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models?open=openai/gpt-5");
  await page.getByTestId("price-input").fill("one");
  await page.getByTestId("price-save").click();
  await expect(page.getByText("Dollars, such as 0.075.")).toBeVisible();
  await page.getByTestId("price-input").fill("0.0375");
  await page.getByTestId("price-save").click();
  await expect(page.getByTestId("model-drawer")).toContainText("$0.0375");
  await expect(page.getByTestId("model-drawer")).toContainText("Your own price");
  await page.getByTestId("price-reset").click();
  await expect(page.getByTestId("price-reset")).toHaveCount(0);
  await expect(page.getByTestId("model-drawer")).not.toContainText("$0.0375");
});

test("a price for what had none: the past is rated anew, and what would change is said before", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models");
  await expect(page.getByTestId("models-unpriced")).toContainText("not in your spend");
  await page.getByTestId("set-prices").click();
  const models = page.getByTestId("unpriced-set");
  await expect(models.first()).toBeVisible();
  const before = await models.count();
  await models.first().click();
  await page.getByTestId("unpriced-save").click();
  await expect(page.getByText("Needed; 0 means free.").first()).toBeVisible();
  await page.getByTestId("price-input").fill("0.60");
  await page.getByTestId("price-output").fill("2.50");
  await page.getByTestId("unpriced-save").click();
  await expect(page.getByTestId("rerate-words")).toContainText("would have a price");
  await page.getByTestId("rerate-do").click();
  if (before > 1) await expect(models).toHaveCount(before - 1);
  else await expect(page.getByTestId("unpriced-none")).toBeVisible();
});

test("a price that is changed offers to rate the past anew, and does not do it unasked", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models?open=openai/gpt-5");
  await page.getByTestId("price-input").fill("2.5");
  await page.getByTestId("price-save").click();
  const words = page.getByTestId("rerate-words");
  await expect(words).toContainText("Your recorded spend would");
  await expect(page.getByTestId("rerate-do")).toBeInViewport();
  // Only of a part of the past, if that is wanted: fewer requests, and since when is said.
  const all = await page.getByTestId("rerate-do").textContent();
  await page.getByTestId("rerate-since").click();
  await page.getByRole("option", { name: "7 days ago" }).click();
  await expect(words).toContainText(/requests since [A-Z]\w+ \d+ would change/);
  expect(await page.getByTestId("rerate-do").textContent()).not.toBe(all);
  await page.getByTestId("rerate-leave").click();
  await expect(page.getByTestId("rerate")).toHaveCount(0);
});

const deployment = (page: Page, id: string) => page.locator(`[data-testid=deployment-row][data-name="${id}"]`);

test("a deployment is added to a model group, changed and removed, and what is lost is named", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models");
  await page.getByTestId("models-view-groups").click();
  await expect(deployment(page, "d-smart-1")).toContainText("smart");
  await page.getByTestId("add-deployment").click();
  await page.getByTestId("deployment-save").click();
  await expect(page.getByText("Which model of which provider?")).toBeVisible();
  await page.getByTestId("deployment-model_name").fill("night");
  await page.getByTestId("deployment-model").click();
  await page.getByPlaceholder("Type to narrow").fill("gpt-9");
  await page.getByRole("option", { name: /^gpt-9 as typed/ }).click();
  await page.getByTestId("deployment-save").click();
  await expect(page.getByText(/names no provider/)).toBeVisible();
  await page.getByTestId("deployment-model").click();
  await page.getByPlaceholder("Type to narrow").fill("openai/gpt-5-mini");
  await page.getByRole("option").first().click();
  await page.getByTestId("deployment-api_key").fill("sk-canary-of-a-deployment");
  await page.getByTestId("deployment-rpm").fill("60");
  await page.getByTestId("deployment-save").click();
  const row = page.getByTestId("deployment-row").filter({ hasText: "night" });
  await expect(row).toContainText("openai/gpt-5-mini");
  await expect(page.getByTestId("add-deployment-dialog")).toHaveCount(0);
  expect(await page.content()).not.toContain("canary");
  await row.click();
  await page.getByTestId("deployment-edit").click();
  await page.getByTestId("deployment-rpm").fill("");
  await page.getByTestId("deployment-weight").fill("2");
  const sent = page.waitForRequest(/\/model\/[^/]+\/update$/);
  await page.getByTestId("deployment-save").click();
  expect((await sent).postDataJSON()).toEqual({ litellm_params: { rpm: null, weight: 2 } });
  await page.getByTestId("deployment-remove").click();
  await expect(page.getByTestId("remove-deployment")).toContainText("only deployment of night");
  await page.getByTestId("confirm").click();
  await expect(row).toHaveCount(0);
});

test("those of the configuration file are shown with why they cannot be changed", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models?view=groups");
  await deployment(page, "config-0-fast").click();
  await expect(page.getByTestId("deployment-readonly")).toContainText("configuration file");
  await expect(page.getByTestId("deployment-edit")).toHaveCount(0);
});

test("a group is listed for everybody and taken back", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models?view=groups&open=d-smart-1");
  await page.getByTestId("group-public").click();
  await expect(page.getByTestId("group-public")).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(
    deployment(page, "d-smart-2").or(deployment(page, "d-smart-1")).filter({ hasText: "public" }),
  ).toHaveCount(1);
});

test("access groups are made of stored models, changed and taken out", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/models?view=groups");
  await page.getByTestId("access-groups").click();
  const dialog = page.getByTestId("access-groups-dialog");
  await expect(dialog).toContainText("in the configuration file");
  await page.getByTestId("access-name").fill("beta");
  await page.getByTestId("access-new-models").click();
  await page.getByRole("option", { name: "local" }).click();
  await page.keyboard.press("Escape");
  await page.getByTestId("access-create").click();
  await expect(dialog).toContainText("exists already");
  await page.getByTestId("access-name").fill("home");
  await page.getByTestId("access-create").click();
  const line = page.getByTestId("access-group").filter({ hasText: "home" });
  await expect(line).toContainText("1 deployment");
  await line.getByTestId("access-remove").click();
  await expect(page.getByTestId("remove-access-group")).toContainText("may no longer use local");
  await page.getByTestId("confirm").click();
  await expect(line).toHaveCount(0);
});

test("who only looks is offered nothing that would be refused", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-look`, "/models?view=groups");
  await deployment(page, "d-smart-1").click();
  await expect(page.getByTestId("deployment-drawer")).toContainText("openai/gpt-5");
  for (const id of ["deployment-edit", "deployment-remove", "group-public", "add-deployment"])
    await expect(page.getByTestId(id)).toHaveCount(0);
});
