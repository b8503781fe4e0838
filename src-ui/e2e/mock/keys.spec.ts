import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("a key is issued with its limits, shown once, with lines to paste", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, mockKey("busy"), "/keys");
  await page.getByTestId("issue-key").click();
  await page.getByTestId("key-issue-submit").click();
  await expect(page.getByText("A name tells keys apart")).toBeVisible();
  await page.getByTestId("key-name").fill("new laptop");
  await page.getByTestId("key-expiry").click();
  await page.getByRole("option", { name: "In 30 days" }).click();
  await page.getByTestId("key-models").click();
  await page.getByPlaceholder("Type to narrow").fill("openai/gpt-5-mini");
  await page.getByRole("option").first().click();
  await page.keyboard.press("Escape");
  await page.getByTestId("key-max_budget").fill("25");
  await page.getByText("Rate limits").click();
  await page.getByTestId("key-rpm_limit").fill("60");
  await page.getByTestId("key-issue-submit").click();
  const value = (await page.getByTestId("issued-key-value").textContent())!;
  expect(value).toMatch(/^sk-/);
  await page.getByTestId("issued-key-copy").click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value);
  for (const id of ["curl", "openai", "anthropic", "claude-code", "codex", "cursor"]) {
    await page.getByTestId(`snippet-${id}`).click();
    await expect(page.getByTestId("snippet-code")).toContainText(value);
  }
  await page.getByTestId("issued-done").click();
  const row = page.locator('[data-testid=key-row][data-name="new laptop"]');
  await expect(row).toContainText("of $25.00");
  await row.click();
  await expect(page.getByTestId("key-drawer")).toContainText("60");
  expect(await page.content()).not.toContain(value);
});

test("a click beside the issued key does not lose it", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/keys?issue=true");
  await page.getByTestId("key-name").fill("once");
  await page.getByTestId("key-issue-submit").click();
  await expect(page.getByTestId("issued-key-value")).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(page.getByTestId("issued-key-value")).toBeVisible();
});

test("states are words, blocking is undone, revoking names what is lost", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  const row = (name: string) => page.locator(`[data-testid=key-row][data-name="${name}"]`);
  await expect(row("a colleague's trial")).toContainText("expired");
  await expect(row("nightly evaluation")).toContainText("budget spent");
  await expect(row("notebook")).toContainText("$0.000042");
  await row("old laptop").getByTestId("key-menu").click();
  await page.getByTestId("key-block").click();
  await expect(row("old laptop")).not.toContainText("blocked");
  await row("aider").getByTestId("key-menu").click();
  await page.getByTestId("key-revoke").click();
  await expect(page.getByTestId("revoke-key")).toContainText("cannot be brought back");
  await page.getByTestId("confirm").click();
  await expect(row("aider")).toHaveCount(0);
});

const mine = (page: Page, name: string) => page.locator(`[data-testid=key-row][data-name="${name}"]`);

test("a name and Enter issue a key", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys?issue=true");
  await page.getByTestId("key-name").fill("quick");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("issued-key-value")).toBeVisible();
});

test("from anywhere, a key is issued and copied by keyboard alone, with no step in between", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, mockKey("busy"), "/");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByTestId("palette-input")).toBeFocused();
  await page.keyboard.type("issue");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("key-name")).toBeFocused();
  await page.keyboard.type("from the keyboard");
  await page.keyboard.press("Enter");
  const key = await page.getByTestId("issued-key-value").textContent();
  await expect(page.getByTestId("issued-key-copy")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.keyboard.press("Escape");
  await expect(mine(page, "from the keyboard")).toBeVisible();
});

test("other names for models are typed line by line, and metadata is checked where it stands", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  await mine(page, "notebook").click();
  await page.getByTestId("key-edit").click();
  await page.getByText("Advanced: model aliases").click();
  await page.getByTestId("key-alias-add").click();
  await page.getByTestId("key-alias-name").fill("gpt-4o");
  await page.getByTestId("key-save").click();
  await expect(page.getByText("Which model?")).toBeVisible();
  await page.getByTestId("key-alias-model").click();
  await page.getByRole("option", { name: "demo" }).click();
  await page.getByTestId("key-metadata").fill('{\n  "project": "atlas",\n  wrong\n}');
  await page.keyboard.press("Tab");
  await expect(page.getByText("goes wrong in line 3")).toBeVisible();
  await page.getByTestId("key-metadata").fill('{"project": "atlas"}');
  const sent = page.waitForRequest("**/key/update");
  await page.getByTestId("key-save").click();
  expect((await sent).postDataJSON()).toMatchObject({ aliases: { "gpt-4o": "demo" }, metadata: { project: "atlas" } });
  await expect(page.getByTestId("key-drawer")).toContainText("gpt-4o");
});

test("owner, warning, kind, tags and rotation are one click away, and a refusal stands beside its field", async ({
  page,
}) => {
  await signIn(page, mockKey("busy"), "/keys?issue=true");
  await page.getByTestId("key-name").fill("aider");
  await page.getByText("More: owner").click();
  await page.getByTestId("key-user").click();
  await page.getByPlaceholder("Type to narrow").fill("ada");
  await page.getByRole("option", { name: "ada@example.org" }).click();
  await page.getByTestId("key-team").click();
  await page.getByRole("option", { name: "Research" }).click();
  await page.getByTestId("key-soft_budget").fill("8");
  await page.getByTestId("key-max_budget").fill("10");
  await page.getByTestId("key-kind").click();
  await page.getByRole("option", { name: "Calling models only" }).click();
  await page.getByTestId("key-budget_id").click();
  await page.getByRole("option", { name: "interns" }).click();
  await page.getByTestId("key-tags").fill("coding, night");
  await page.getByTestId("key-metadata").fill("{");
  await page.getByTestId("key-rotate").click();
  await page.getByTestId("key-issue-submit").click();
  await expect(page.getByText("An object in JSON, such as")).toBeVisible();
  await page.getByTestId("key-metadata").fill('{"project": "atlas"}');
  await page.getByTestId("key-issue-submit").click();
  await expect(page.getByText("A key named `aider` exists already.")).toBeVisible();
  await page.getByTestId("key-name").fill("aider at night");
  await page.getByTestId("key-issue-submit").click();
  await page.getByTestId("issued-done").click();
  await mine(page, "aider at night").click();
  const drawer = page.getByTestId("key-drawer");
  for (const text of ["ada@example.org", "Research", "Calling models only", "night", "every 90 days", '"project"'])
    await expect(drawer).toContainText(text);
  await expect(drawer.getByRole("meter")).toHaveAttribute("aria-valuetext", /warns at \$8/);
});

test("ten thousand keys: only what is in sight is read, searched by the gateway", async ({ page }) => {
  const pages: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/key/list")) pages.push(request.url());
  });
  await signIn(page, mockKey("many"), "/keys");
  await expect(page.getByTestId("key-row").first()).toBeVisible();
  await expect(page.getByText("10,009 keys")).toBeVisible();
  expect(await page.getByTestId("key-row").count()).toBeLessThan(80);
  expect(pages.length).toBeLessThan(6);
  const grid = page.getByRole("grid", { name: "Keys" });
  await grid.focus();
  await page.keyboard.press("End");
  await expect(page.getByTestId("key-row").last()).toHaveAttribute("data-name", /10000$/);
  expect(pages.length).toBeLessThan(12);
  await page.getByTestId("keys-search").fill("04711");
  await expect(page.getByTestId("key-row")).toHaveCount(1);
  await page.getByTestId("keys-search").fill("no key has this name");
  await page.getByTestId("keys-none").getByRole("button").click();
  await expect(page.getByTestId("keys-search")).toHaveValue("");
});

test("keys are narrowed by team and user and put in order", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  await page.getByTestId("keys-order").click();
  await page.getByRole("option", { name: "Most spent" }).click();
  await expect(page.getByTestId("key-row").first()).toHaveAttribute("data-name", "old laptop");
  await page.getByTestId("keys-team").click();
  await page.getByRole("option", { name: "Research" }).click();
  await expect(page.getByTestId("key-row")).toHaveCount(3);
  await page.getByTestId("keys-user").click();
  await page.getByRole("option", { name: "ada@example.org" }).click();
  await expect(page.getByTestId("key-row")).toHaveCount(1);
  await page.getByTestId("keys-clear").click();
  await expect(page.getByTestId("key-row")).toHaveCount(9);
});

test("a key is opened with the keyboard, changed, and only what differs is sent", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys?sort=key_alias");
  await expect(page.getByTestId("key-row").first()).toBeVisible();
  await page.getByRole("grid", { name: "Keys" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("key-drawer")).toContainText("aider");
  await page.getByTestId("key-edit").click();
  await page.getByTestId("edit-max_budget").fill("5");
  await page.getByTestId("key-save").click();
  await expect(page.getByTestId("key-edit-form")).toContainText("It must be above what is spent already");
  await page.getByTestId("edit-max_budget").fill("50");
  const sent = page.waitForRequest(/\/key\/update$/);
  await page.getByTestId("key-save").click();
  const { key, ...change } = (await sent).postDataJSON();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(change).toEqual({ max_budget: 50 });
  await expect(page.getByTestId("key-drawer-spend")).toContainText("of $50.00");
});

test("a new secret is shown once, and the one before is taken for a while", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  await mine(page, "aider").click();
  await page.getByTestId("key-regenerate").click();
  await page.getByTestId("regenerate-submit").click();
  await expect(page.getByTestId("issued-key-value")).toContainText("sk-");
  await page.getByTestId("issued-done").click();
  await expect(page.getByTestId("key-drawer")).toContainText("The one before");
  await expect(page.getByTestId("key-drawer")).toContainText("Renewed");
});

test("revoked keys are listed apart", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  await mine(page, "aider").click();
  await page.getByTestId("key-drawer-revoke").click();
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("key-drawer")).toHaveCount(0);
  await expect(mine(page, "aider")).toHaveCount(0);
  await page.getByTestId("keys-state").click();
  await page.getByRole("option", { name: "Revoked", exact: true }).click();
  await mine(page, "aider").click();
  await expect(page.getByTestId("key-drawer")).toContainText("by administrator");
  await expect(page.getByTestId("key-edit")).toHaveCount(0);
});

test("who only looks sees keys, and nothing to change them with", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-look`, "/keys?issue=true");
  await expect(page.getByTestId("key-row").first()).toBeVisible();
  await expect(page.getByTestId("issue-key")).toHaveCount(0);
  await expect(page.getByTestId("issue-key-dialog")).toHaveCount(0);
  await mine(page, "aider").click();
  await expect(page.getByTestId("key-requests")).toBeVisible();
  for (const id of ["key-edit", "key-regenerate", "key-drawer-block", "key-drawer-revoke"])
    await expect(page.getByTestId(id)).toHaveCount(0);
});

test("a user sees their own keys and issues one for themselves", async ({ page }) => {
  await signIn(page, `${mockKey("busy")}~u-ada`, "/keys");
  await expect(page.getByTestId("key-row")).toHaveCount(2);
  await expect(page.getByTestId("keys-user")).toHaveCount(0);
  await page.getByTestId("issue-key").click();
  await page.getByText("More: owner").click();
  await expect(page.getByTestId("key-user")).toHaveCount(0);
  await page.getByTestId("key-name").fill("my own");
  await page.keyboard.press("Enter");
  await page.getByTestId("issued-done").click();
  await mine(page, "my own").click();
  await expect(page.getByTestId("key-drawer")).toContainText("Ada Lovelace");
});

test("closing with something typed of a key asks first, and what is wrong has the focus", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys");
  await mine(page, "notebook").click();
  await page.getByTestId("key-edit").click();
  await expect(page.getByTestId("edit-name")).toBeFocused();
  await page.getByTestId("edit-max_budget").fill("much");
  await page.getByTestId("edit-name").fill("notebook two");
  await page.getByTestId("key-save").click();
  await expect(page.getByTestId("edit-max_budget")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("unsaved")).toContainText("will be lost");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("edit-name")).toHaveValue("notebook two");
  await page.keyboard.press("Escape");
  await page.getByTestId("confirm").click();
  await expect(page.getByTestId("key-drawer")).toHaveCount(0);
  await expect(mine(page, "notebook")).toBeVisible();
});

test("what is kept of a key's requests is said, with what is taken out first", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/keys?q=notebook");
  await page.getByTestId("key-row").first().click();
  await expect(page.getByTestId("key-kept")).toHaveText("not at all");
  await page.getByTestId("key-edit").click();
  await page.getByTestId("key-keep_bodies_days").fill("500");
  await page.getByTestId("key-save").click();
  await expect(page.getByText("A whole number from 1 to 400, or nothing.")).toBeVisible();
  await page.getByTestId("key-keep_bodies_days").fill("14");
  await page.getByTestId("key-redact-emails").check();
  await page.getByTestId("key-redact_patterns").fill("CASE-\\d{6}");
  await page.getByTestId("key-save").click();
  await expect(page.getByTestId("key-kept")).toHaveText("for 14 days");
  await expect(page.getByTestId("key-drawer")).toContainText("E-mail addresses");
  await expect(page.getByTestId("key-drawer")).toContainText("CASE-\\d{6}");
});
