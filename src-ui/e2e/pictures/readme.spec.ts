// The README's pictures, taken from a real gateway with fake providers behind it:
//   scripts/with-gateway.sh npm --prefix src-ui run pictures
import { test } from "@playwright/test";

const gateway = process.env.POSTERN_URL ?? "";
const admin = process.env.POSTERN_ADMIN_KEY ?? "";
const folder = "../docs/screenshots";

async function api(path: string, body: unknown, key = admin) {
  const answer = await fetch(gateway + path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

const agents = ["aider/0.86.1", "claude-cli/2.1.0", "OpenAI/Python 2.8.0", "opencode/1.18.0"];
const models = [
  "openai/gpt-5",
  "openai/gpt-4o-mini",
  "anthropic/claude-sonnet-4-5",
  "anthropic/claude-haiku-4-5",
  "demo",
];

test("pictures for the README", async ({ page }) => {
  test.setTimeout(120_000);
  await api("/console/providers", {
    preset: "openai",
    base_url: process.env.FAKE_OPENAI_URL,
    api_key: "sk-openai-0123456789abcdef",
  });
  await api("/console/providers", {
    preset: "anthropic",
    base_url: process.env.FAKE_ANTHROPIC_URL,
    api_key: "sk-ant-0123456789abcdef",
  });
  const keys: string[] = [];
  for (const draft of [
    { key_alias: "claude-code on the laptop", max_budget: 20, budget_duration: "30d" },
    { key_alias: "aider", rpm_limit: 60 },
    { key_alias: "nightly evaluation", max_budget: 0.05, budget_duration: "1d", max_parallel_requests: 8 },
    { key_alias: "a colleague's trial", duration: "30d", models: ["openai/gpt-4o-mini", "demo"] },
  ]) {
    keys.push((await api("/key/generate", draft)).key);
  }
  for (let turn = 0; turn < 90; turn++) {
    const model = models[(turn * 7) % models.length];
    await fetch(`${gateway}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${keys[turn % 3]}`,
        "content-type": "application/json",
        "user-agent": agents[(turn * 3) % agents.length] ?? "",
      },
      body: JSON.stringify({
        model,
        max_tokens: 200,
        stream: turn % 3 === 0,
        messages: [
          { role: "user", content: `Question ${turn}: ${"why is the sky blue? ".repeat(1 + (turn % 9) * 6)}` },
        ],
      }),
    }).then((answer) => answer.text());
  }
  await api("/console/guide", { dismissed: true });
  await page.goto(`${gateway}/ui/`);
  await page.getByTestId("sign-in-key").fill(admin);
  await page.getByTestId("sign-in-submit").click();
  for (const name of ["overview", "requests", "models", "providers", "keys"]) {
    await page.getByTestId(`nav-${name}`).click();
    await page.waitForTimeout(1200);
    if (name === "requests") {
      await page.getByTestId("request-row").nth(3).click();
      await page.waitForTimeout(500);
    }
    await page.screenshot({ path: `${folder}/${name}.png` });
    if (name === "requests") await page.keyboard.press("Escape");
  }
});
