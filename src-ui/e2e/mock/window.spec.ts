// The console as the native window shows it: Tauri's bridge is stood in for by the page, the gateway by the mock.
import { expect, type Page, test } from "@playwright/test";
import { mockKey } from "../helpers";

async function openWindow(page: Page, key: string, path = "") {
  await page.addInitScript((administrator) => {
    const commands: { command: string; given: Record<string, unknown> }[] = [];
    const callbacks = new Map<number, (message: unknown) => void>();
    const send = (method: string, target: string, headers: Record<string, string>, body?: string) =>
      fetch(target, {
        method,
        body,
        headers: { ...headers, authorization: `Bearer ${administrator}`, "x-mock-window": "1" },
      });
    // biome-ignore lint/suspicious/noExplicitAny: each command has arguments of its own
    const answers: Record<string, (given: any) => unknown> = {
      async gateway_request({ method, path: target, headers, body }) {
        const answer = await send(method, target, headers, body ?? undefined);
        return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
      },
      save_answer({ path: target, name }) {
        if (target.includes("search=full")) throw `There is no space left on the disk for /home/you/Downloads/${name}.`;
        if (!target.includes("search=refuse")) return { saved: `/home/you/Downloads/${name}` };
        const body = JSON.stringify({ error: { message: "The export is refused.", type: "permission" } });
        return { refused: { status: 403, headers: {}, body } };
      },
      save_bytes: () => "/home/you/Downloads/postern-spend-2026-11-21-to-2026-11-27.png",
      async gateway_events({ channel }) {
        const id = Number(String(channel.toJSON()).split(":")[1]);
        const answer = await send("GET", "/console/events", {});
        const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
        void (async () => {
          let text = "";
          for (let index = 0; ; ) {
            const { done, value } = await reader.read();
            if (done) return;
            text += value;
            const blocks = text.split("\n\n");
            text = blocks.pop()!;
            for (const block of blocks) {
              const found = /^event: (.+)\ndata: (.+)$/.exec(block);
              if (found) callbacks.get(id)!({ index: index++, message: { event: found[1], data: found[2] } });
            }
          }
        })();
      },
    };
    Object.assign(window, {
      commands,
      __TAURI_INTERNALS__: {
        async invoke(command: string, given: Record<string, unknown>) {
          commands.push({ command, given });
          return answers[command]?.(given) ?? null;
        },
        transformCallback(callback: (message: unknown) => void) {
          callbacks.set(callbacks.size + 1, callback);
          return callbacks.size;
        },
        unregisterCallback: (id: number) => callbacks.delete(id),
      },
    });
  }, key);
  await page.goto(`./${path ? `#${path}` : ""}`);
}

const given = (page: Page, command: string) =>
  page.evaluate(
    (name) =>
      (window as unknown as { commands: { command: string; given: unknown }[] }).commands
        .filter((entry) => entry.command === name)
        .map((entry) => entry.given),
    command,
  );

test("no key is asked for, and nobody can sign out", async ({ page }) => {
  await openWindow(page, mockKey("busy"));
  await expect(page.getByTestId("overview-spend")).toHaveText(/\$/);
  await expect(page.getByTestId("sign-out")).toHaveCount(0);
});

test("the gateway is switched off and on, and the figures stay in reach", async ({ page }) => {
  await openWindow(page, mockKey("busy"), "/settings");
  await page.getByTestId("listener-toggle").click();
  await expect(page.getByTestId("gateway-state")).toContainText("stopped");
  await page.getByTestId("nav-overview").click();
  await expect(page.getByTestId("listener-notice")).toContainText("no client can connect");
  await expect(page.getByTestId("overview-spend")).toHaveText(/\$/);
  await page.getByTestId("listener-notice").getByRole("link").click();
  await page.getByTestId("listener-toggle").click();
  await expect(page.getByTestId("gateway-state")).toContainText("running");
});

test("requests arrive through the channel", async ({ page }) => {
  const key = mockKey("busy");
  await openWindow(page, key, "/requests");
  await expect(page.getByTestId("live-state")).toHaveText("Live");
  await expect(page.getByTestId("request-row").first()).toBeVisible();
  const before = await page.getByTestId("request-row").first().getAttribute("data-key");
  await page.request.post(new URL("/__mock/traffic", page.url()).href, {
    headers: { authorization: `Bearer ${key}` },
    data: { count: 1 },
  });
  await expect(page.getByTestId("request-row").first()).not.toHaveAttribute("data-key", before!);
});

test("copying and links to the outside go through the shell", async ({ page }) => {
  await openWindow(page, mockKey("busy"), "/settings");
  await page.getByTestId("base-url").click();
  expect(await given(page, "copy_text")).toEqual([{ text: "http://127.0.0.1:4000" }]);
  await page.getByTestId("nav-providers").click();
  await page.getByTestId("add-provider").click();
  await page.getByTestId("preset-openai").click();
  await page.getByRole("button", { name: "Where to get a key" }).click();
  expect(await given(page, "open_external")).toEqual([{ url: "https://platform.openai.com/api-keys" }]);
});

test("what is saved says where it is, and is shown there; a refusal is told", async ({ page }) => {
  await openWindow(page, mockKey("busy"), "/requests?client=aider");
  await page.getByTestId("request-row").first().waitFor();
  await page.getByTestId("export").click();
  await page.getByTestId("export-csv").click();
  await expect(page.getByText(/Saved to \/home\/you\/Downloads\/postern-requests-.*\.csv/)).toBeVisible();
  const [asked] = (await given(page, "save_answer")) as { path: string }[];
  expect(asked?.path).toBe("/console/requests/export?format=csv&client=aider");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  expect(await given(page, "show_file")).toEqual([{ path: expect.stringMatching(/Downloads\/postern-requests/) }]);
  await page.goto("./#/?range=7d");
  await page.locator("[data-chart] [data-series]").first().waitFor({ state: "attached" });
  await page.getByTestId("chart-share").click();
  await page.getByTestId("picture-save").click();
  const told = page.locator("[data-sonner-toast]").filter({ hasText: /Saved to .*postern-spend-.*\.png/ });
  await told.getByRole("button", { name: "Show" }).click();
  await expect(page.getByTestId("share-picture")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.goto("./#/requests?search=refuse");
  await page.getByTestId("export").click();
  await page.getByTestId("export-jsonl").click();
  await expect(page.getByText("The export is refused.")).toBeVisible();
  await page.goto("./#/requests?search=full");
  await page.getByTestId("export").click();
  await page.getByTestId("export-jsonl").click();
  await expect(page.getByText("There is no space left on the disk")).toBeVisible();
});
