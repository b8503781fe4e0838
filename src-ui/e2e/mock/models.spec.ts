import { expect, test } from "@playwright/test";
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
