import { expect, type Page } from "@playwright/test";

let worlds = 0;

/** A mock world of this test's own. */
export const mockKey = (scenario: string) => `mock-${scenario}-${process.pid}-${Date.now()}-${worlds++}`;

export async function signIn(page: Page, key: string, path = "") {
  await page.goto(`./${path ? `#${path}` : ""}`);
  const [field, other] = [page.getByTestId("sign-in-key"), page.getByTestId("sign-in-other")];
  // Where people have passwords, the key is the other way in.
  await field.or(other).first().waitFor();
  if (!(await field.isVisible())) await other.click();
  await field.fill(key);
  await page.getByTestId("sign-in-submit").click();
  await expect(page.getByTestId("sign-in-key")).toHaveCount(0);
}

/** Everything the page complains about: errors, refused resources, violations of the content security policy. */
export function complaints(page: Page) {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || /Content.Security.Policy/i.test(message.text())) found.push(message.text());
  });
  return found;
}

/** Requests made through the mock gateway, as if a tool had called. */
export async function traffic(page: Page, key: string, count: number, given?: unknown) {
  const answer = await page.request.post(new URL("/__mock/traffic", page.url()).href, {
    headers: { authorization: `Bearer ${key}` },
    data: { count, given },
  });
  expect(answer.ok()).toBe(true);
}
