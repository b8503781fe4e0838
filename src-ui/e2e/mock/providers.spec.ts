import { expect, type Page, test } from "@playwright/test";
import { mockKey, signIn } from "../helpers";

test("a provider is tested before it is added, and its key is never shown again", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/providers");
  await page.getByTestId("add-provider").click();
  await page.getByTestId("preset-search").fill("openai");
  await page.getByTestId("preset-openai").click();
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("Paste the key to go on.")).toBeVisible();
  await expect(page.getByTestId("provider-key")).toHaveAttribute("type", "password");
  await page.getByTestId("provider-key").fill("sk-wrong");
  await page.getByTestId("provider-test-draft").click();
  await expect(page.getByTestId("test-result")).toContainText("401: Incorrect API key");
  await page.getByTestId("provider-key").fill("sk-right-canary-abcd");
  await expect(page.getByTestId("test-result")).toHaveCount(0);
  await page.getByTestId("provider-test-draft").click();
  await expect(page.getByTestId("test-result")).toContainText("Works");
  await page.getByTestId("provider-save").click();
  const row = page.locator('[data-testid=provider-row][data-name="openai"]');
  await expect(row).toContainText("…abcd");
  expect(await page.content()).not.toContain("canary");
});

test("a second one of the same kind gets a name of its own; a base URL that is none is refused", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/providers?add=true");
  await page.getByTestId("preset-openai").click();
  await expect(page.getByTestId("provider-name")).toHaveValue("openai-2");
  await page.getByTestId("provider-key").fill("sk-x");
  await page.getByTestId("provider-base-url").fill("api.openai.com");
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("This is no URL")).toBeVisible();
});

test("a refused credential is named, and a new key mends it", async ({ page }) => {
  await signIn(page, mockKey("trouble"), "/providers");
  const row = page.locator('[data-testid=provider-row][data-name="openrouter"]');
  await expect(row).toContainText("Key refused");
  await row.getByRole("button", { name: "Replace the key" }).click();
  await page.getByTestId("edit-key").fill("sk-or-new1");
  await page.getByTestId("edit-save").click();
  await expect(row).toContainText("Key …new1");
});

test("removing names what is lost; the built-in demo cannot be removed", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/providers");
  const demo = page.locator('[data-testid=provider-row][data-name="demo"]');
  await expect(demo).toContainText("built in");
  await expect(demo.getByTestId("provider-menu")).toHaveCount(0);
  const row = page.locator('[data-testid=provider-row][data-name="openai"]');
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-remove").click();
  await expect(page.getByTestId("remove-provider")).toContainText("openai/…");
  await expect(page.getByTestId("remove-provider")).toContainText("erased from the vault");
  await page.getByTestId("confirm").click();
  await expect(row).toHaveCount(0);
});

test("switching one off and testing another answer in place", async ({ page }) => {
  await signIn(page, mockKey("busy"), "/providers");
  const row = page.locator('[data-testid=provider-row][data-name="anthropic"]');
  await row.getByTestId("provider-enabled").click();
  await expect(row).toContainText("off");
  await row.getByTestId("provider-test").click();
  await expect(row.getByTestId("test-result")).toHaveAttribute("data-ok", "true");
});

const ACCOUNT = {
  type: "service_account",
  project_id: "my-project",
  private_key: "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n",
  client_email: "gateway@my-project.iam.gserviceaccount.com",
};

/** The bodies that the page sends to the providers' routes, as it sends them. */
function sent(page: Page) {
  const bodies: Record<string, unknown>[] = [];
  page.on("request", (request) => {
    if (/\/console\/providers/.test(request.url()) && request.postData()) bodies.push(request.postDataJSON());
  });
  return bodies;
}

async function choose(page: Page, preset: string, scenario = "quiet") {
  await signIn(page, mockKey(scenario), "/providers?add=true");
  await page.getByTestId("preset-search").fill(preset);
  await page.getByTestId(`preset-${preset}`).click();
}

test("AWS needs no key here; its region fills the address, and only what changed is sent", async ({ page }) => {
  await choose(page, "bedrock");
  const bodies = sent(page);
  const region = page.getByTestId("setting-region");
  await expect(region).toHaveAttribute("placeholder", "us-east-1");
  await expect(page.getByText("AWS_DEFAULT_REGION")).toBeVisible();
  await expect(page.getByText("AWS's credentials on this machine")).toBeVisible();
  await expect(page.getByTestId("provider-key")).toHaveAttribute("placeholder", "AKIA...:secret");
  await region.fill("eu-central-1");
  await expect(page.getByTestId("provider-base-url")).toHaveAttribute(
    "placeholder",
    "https://bedrock-runtime.eu-central-1.amazonaws.com",
  );
  await page.getByTestId("provider-save").click();
  const row = page.locator('[data-testid=provider-row][data-name="bedrock"]');
  await expect(row.getByTestId("provider-address")).toContainText("https://bedrock-runtime.eu-central-1.amazonaws.com");
  await expect(row.getByTestId("provider-address")).toContainText("Bedrock Converse");
  await expect(row.getByTestId("provider-settings")).toHaveText("Region: eu-central-1");
  await expect(row.getByTestId("credential")).toHaveText("This machine's identity");
  expect(bodies).toEqual([{ preset: "bedrock", name: "bedrock", settings: { region: "eu-central-1" } }]);
});

test("what the gateway refuses stands at its field, until it is typed anew", async ({ page }) => {
  await choose(page, "bedrock");
  await page.getByTestId("setting-region").fill("eu west");
  await page.getByTestId("provider-save").click();
  await expect(page.getByTestId("setting-region")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByTestId("setting-region")).toBeFocused();
  await expect(page.getByText("Region must be letters")).toBeVisible();
  await expect(page.getByTestId("error-notice")).toHaveCount(0);
  await page.getByTestId("setting-region").fill("eu-west-1");
  await expect(page.getByText("Region must be letters")).toHaveCount(0);
  await page.getByTestId("provider-key").fill("AKIAEXAMPLE");
  await page.getByTestId("provider-test-draft").click();
  await expect(page.getByTestId("provider-key")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("write it as ID:SECRET")).toBeVisible();
});

test("a service account's file is chosen or pasted, keeps its lines, and tells its project", async ({ page }) => {
  await choose(page, "vertex");
  const bodies = sent(page);
  const key = page.getByTestId("provider-key");
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("Project is needed.")).toBeVisible();
  await key.fill(JSON.stringify(ACCOUNT).slice(0, 50));
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("probably not copied whole")).toBeVisible();
  const text = JSON.stringify(ACCOUNT, null, 2);
  await page
    .getByTestId("provider-key-file")
    .setInputFiles({ name: "key.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await expect(page.getByText("JSON of gateway@my-project.iam")).toBeVisible();
  await expect(page.getByTestId("setting-project")).toHaveValue("my-project");
  await expect(key).toHaveCSS("-webkit-text-security", "disc");
  await page.getByTestId("provider-save").click();
  const row = page.locator('[data-testid=provider-row][data-name="vertex"]');
  await expect(row.getByTestId("credential")).toHaveText("gateway@my-project.iam.gserviceaccount.com");
  await expect(row.getByTestId("provider-address")).toContainText(
    "https://aiplatform.googleapis.com/v1/projects/my-project/locations/global",
  );
  expect(bodies.at(-1)).toEqual({
    preset: "vertex",
    name: "vertex",
    api_key: text,
    settings: { project: "my-project" },
  });
  expect(await page.content()).not.toContain("canary");
});

test("an identity of Azure stands in for a key", async ({ page }) => {
  await choose(page, "azure");
  const bodies = sent(page);
  await page.getByTestId("provider-base-url").fill("https://mine.openai.azure.com");
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("Paste the key to go on.")).toBeVisible();
  await page.getByTestId("setting-identity").click();
  await page.getByRole("option", { name: "managed" }).click();
  await expect(page.getByText("If empty, the identity chosen above.")).toBeVisible();
  await page.getByTestId("provider-save").click();
  await expect(page.locator('[data-testid=provider-row][data-name="azure"]')).toContainText("managed");
  expect(bodies).toEqual([
    {
      preset: "azure",
      name: "azure",
      base_url: "https://mine.openai.azure.com",
      settings: { identity: "managed" },
    },
  ]);
});

test("editing sends the settings that changed; an emptied one goes back to its default", async ({ page }) => {
  await signIn(page, mockKey("trouble"), "/providers");
  const bodies = sent(page);
  const row = page.locator('[data-testid=provider-row][data-name="bedrock"]');
  await expect(row.getByTestId("provider-settings")).toContainText("Profile of this machine: work");
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-edit").click();
  await expect(page.getByTestId("setting-region")).toHaveValue("eu-central-1");
  await page.getByTestId("setting-profile").fill("");
  await page.getByTestId("edit-save").click();
  await expect(row.getByTestId("provider-settings")).toHaveText("Region: eu-central-1");
  expect(bodies).toEqual([{ settings: { profile: "" } }]);
});

test("the chooser is searched by what is served and walked with the keyboard", async ({ page }) => {
  await signIn(page, mockKey("quiet"), "/providers?add=true");
  await expect(page.getByTestId("preset-openai")).toContainText("chat · responses");
  const search = page.getByTestId("preset-search");
  await search.fill("rerank");
  await expect(page.getByTestId("preset-voyage")).toBeVisible();
  await expect(page.getByTestId("preset-openai")).toHaveCount(0);
  await search.fill("");
  await search.press("ArrowDown");
  await expect(page.getByTestId("preset-openai")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("preset-anthropic")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(search).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.type("bedr");
  await expect(search).toHaveValue("bedr");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("setting-region")).toBeVisible();
});

test("priority, weight and timeout are folded away, checked, and sent when they are other than usual", async ({
  page,
}) => {
  await choose(page, "ollama");
  const bodies = sent(page);
  await expect(page.getByTestId("provider-priority")).toBeHidden();
  await page.getByTestId("provider-rank").click();
  await expect(page.getByTestId("provider-priority")).toHaveValue("100");
  await page.getByTestId("provider-priority").fill("high");
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("A whole number from 0 to 1000000.")).toBeVisible();
  await page.getByTestId("provider-priority").fill("200");
  await page.getByTestId("provider-timeout").fill("2.5");
  await page.getByTestId("provider-save").click();
  await expect(page.locator('[data-testid=provider-row][data-name="ollama"]')).toBeVisible();
  expect(bodies).toEqual([{ preset: "ollama", name: "ollama", priority: 200, timeout: 2.5 }]);
});

test("a flat rate or a discount is told, checked, sent and shown", async ({ page }) => {
  await choose(page, "ollama");
  const bodies = sent(page);
  await page.getByText("Billing: flat rate, discount or mark-up").click();
  await page.getByTestId("provider-price_adjustment_percent").fill("-200");
  await page.getByTestId("provider-save").click();
  await expect(page.getByText("Percent from -100 to 1000, such as -20.")).toBeVisible();
  await page.getByTestId("provider-price_adjustment_percent").fill("-20");
  await page.getByTestId("provider-save").click();
  const row = page.locator('[data-testid=provider-row][data-name="ollama"]');
  await expect(row.getByTestId("provider-bill")).toHaveText("20% discount");
  expect(bodies).toEqual([{ preset: "ollama", name: "ollama", price_adjustment_percent: -20 }]);
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-edit").click();
  await page.getByTestId("provider-billing").click();
  await page.getByRole("option", { name: "Flat rate" }).click();
  await page.getByTestId("provider-price_adjustment_percent").fill("");
  await page.getByTestId("edit-save").click();
  await expect(row.getByTestId("provider-bill")).toHaveText("subscription");
  expect(bodies.at(-1)).toEqual({ billing: "subscription", price_adjustment_percent: 0 });
});

test("further keys are listed by their ends, removed by number, and one more is added", async ({ page }) => {
  await signIn(page, mockKey("trouble"), "/providers");
  const bodies = sent(page);
  const row = page.locator('[data-testid=provider-row][data-name="mistral"]');
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-edit").click();
  const keys = page.getByTestId("further-keys");
  await expect(keys).toContainText("…7c1d");
  await expect(page.getByTestId("provider-timeout")).toHaveValue("30");
  await keys.getByRole("button", { name: "Remove key 4" }).click();
  await keys.getByRole("button", { name: "Remove key 2" }).click();
  await keys.getByRole("button", { name: "Keep key 2" }).click();
  await page.getByTestId("edit-further-key").fill("sk-canary-9876");
  await page.getByTestId("provider-timeout").fill("");
  await page.getByTestId("edit-save").click();
  await expect(page.getByTestId("edit-provider-dialog")).toHaveCount(0);
  expect(bodies).toEqual([{ add_api_key: "sk-canary-9876", remove_keys: [4], timeout: null }]);
  expect(await page.content()).not.toContain("canary");
  await row.getByTestId("provider-menu").click();
  await page.getByTestId("provider-edit").click();
  await expect(keys).toContainText("…9876");
  await expect(keys).not.toContainText("…e90b");
});

test("a circuit that is open says why, and for how long", async ({ page }) => {
  await signIn(page, mockKey("trouble"), "/providers");
  const row = page.locator('[data-testid=provider-row][data-name="mistral"]');
  await expect(row.getByTestId("provider-circuit")).toContainText(
    /Cooling down, \d+ s: Mistral answered with status 503/,
  );
  await expect(page.getByTestId("provider-circuit")).toHaveCount(1);
});

test("removing one in use says what uses it, and takes that along where it can", async ({ page }) => {
  await signIn(page, mockKey("trouble"), "/providers");
  const remove = async (name: string) => {
    const row = page.locator(`[data-testid=provider-row][data-name="${name}"]`);
    await row.getByTestId("provider-menu").click();
    await page.getByTestId("provider-remove").click();
    await page.getByTestId("confirm").click();
    return row;
  };
  const groq = await remove("groq");
  await expect(page.getByTestId("provider-uses")).toContainText("A deployment of fast");
  await page.getByRole("button", { name: "Remove it and 2 deployments" }).click();
  await expect(groq).toHaveCount(0);
  const mistral = await remove("mistral");
  await expect(page.getByTestId("provider-uses")).toContainText("The alias short, in the configuration file");
  await expect(page.getByText("Change the configuration file first")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(mistral).toBeVisible();
});
