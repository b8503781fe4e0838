// Single sign-on to the console, against a certified OpenID Connect server and with a gateway of its own, whose configuration
// names that server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { Browser, CLIENT, CLIENT_SECRET, OTHER_CALLBACK, OTHER_CLIENT, startServer } from "./oidc-server.mjs";

const ADMIN_KEY = "sk-admin-sso-0123456789abcdef";

/** A port that is free now: the server wants to know the gateway's address, and the gateway the server's. */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function startGateway(directory, port, issuer) {
  const config = path.join(directory, "config.yaml");
  await writeFile(
    config,
    `
general_settings:
  sso:
    name: The Office
    issuer: ${issuer}
    client_id: ${CLIENT}
    client_secret: os.environ/OFFICE_SECRET
    scopes: [openid, email, profile, groups]
    role_claim: groups
    role_map: {ops: proxy_admin}
`,
  );
  const options = ["--listen", `127.0.0.1:${port}`, "--data-dir", path.join(directory, "data"), "--vault", "memory"];
  const gateway = spawn(process.env.POSTERN_BIN, ["serve", ...options, "--config", config], {
    env: { ...process.env, POSTERN_ADMIN_KEY: ADMIN_KEY, OFFICE_SECRET: CLIENT_SECRET, POSTERN_CONFIG: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  gateway.stderr.on("data", (data) => {
    said += data;
  });
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: gateway.stdout }).once("line", resolve);
    gateway.once("exit", (code) => reject(new Error(`the gateway ended with ${code}: ${said}`)));
  });
  return { process: gateway, url: line.split(" ").at(-1), said: () => said };
}

let directory, office, gateway, url;

before(async () => {
  assert.ok(process.env.POSTERN_BIN, "POSTERN_BIN names the gateway");
  directory = await mkdtemp(path.join(tmpdir(), "postern-sso-"));
  const port = await freePort();
  office = await startServer(`http://127.0.0.1:${port}/sso/callback`);
  gateway = await startGateway(directory, port, office.issuer);
  url = gateway.url;
});

after(async () => {
  const ended = new Promise((resolve) => gateway.process.once("exit", resolve));
  gateway.process.kill("SIGTERM");
  assert.equal(await ended, 0);
  // Nothing that opens anything is in the log.
  for (const secret of [CLIENT_SECRET, ...handed]) assert.ok(!gateway.said().includes(secret), gateway.said());
  await office.stop().catch(() => {});
  await rm(directory, { recursive: true });
});

/** Codes and keys that were seen. */
const handed = [];
const toCallback = (location) => location.startsWith(`${url}/sso/callback`);
const toConsole = (location) => location.startsWith(`${url}/ui/#/signed-in?`);

async function call(method, target, key, body, headers = {}) {
  const authorization = key && { authorization: `Bearer ${key}` };
  const response = await fetch(url + target, {
    method,
    headers: { ...authorization, ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text) };
}

/** What the page of the console does with its address. */
async function redeem(browser, location) {
  const page = new URLSearchParams(new URL(location).hash.split("?")[1]);
  handed.push(page.get("code"));
  const target = `${url}/console/sign-in/redeem`;
  const answer = await browser.request(target, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({ code: page.get("code") }),
  });
  const body = JSON.parse(answer.text);
  if (body.key) handed.push(body.key);
  return { status: answer.status, body, to: page.get("to") };
}

async function signIn(login, browser = new Browser()) {
  const location = await browser.signIn(`${url}/sso/login?return_to=/keys`, login, toConsole);
  return redeem(browser, location);
}

/** The answer to a way back, as a browser without our page would see it. */
async function comeBack(browser, location) {
  const answer = await browser.request(location, { headers: { accept: "application/json" } });
  return { status: answer.status, code: answer.status >= 400 ? JSON.parse(answer.text).error.code : null };
}

describe("signing in at another server", () => {
  test("is offered", async () => {
    const { body } = await call("GET", "/console/sign-in");
    assert.deepEqual(body.sso, { name: "The Office", url: "/sso/login" });
  });

  test("ends in the console, as oneself, until one signs out", async () => {
    const signedIn = await signIn("ada");
    assert.equal(signedIn.status, 200, JSON.stringify(signedIn.body));
    assert.equal(signedIn.to, "/keys");
    const { key, user_id, user_email, user_role } = signedIn.body;
    assert.equal(user_email, "ada@example.com");
    assert.equal(user_role, "internal_user");
    assert.equal((await call("GET", "/console/session", key)).status, 200);
    const info = await call("GET", `/user/info?user_id=${user_id}`, key);
    assert.equal(info.status, 200, JSON.stringify(info.body));
    assert.equal(info.body.user_info.user_email, "ada@example.com");
    // Their own and nobody else's.
    const { user_id: other } = (await signIn("grace")).body;
    assert.equal((await call("GET", `/user/info?user_id=${other}`, key)).status, 403);
    assert.equal((await call("POST", "/config/reload", key)).status, 403);
    const again = await signIn("ada");
    assert.equal(again.body.user_id, user_id);
    assert.notEqual(again.body.key, key);
    assert.deepEqual((await call("POST", "/console/sign-out", key)).body, { signed_out: true });
    assert.equal((await call("GET", "/console/session", key)).status, 401);
    assert.equal((await call("GET", "/console/session", again.body.key)).status, 200);
  });

  test("gives the role that the server's groups stand for", async () => {
    const { key, user_role } = (await signIn("ops-olga")).body;
    assert.equal(user_role, "proxy_admin");
    assert.equal((await call("GET", "/router/settings", key)).status, 200);
  });

  test("that was declined is told", async () => {
    const browser = new Browser();
    const location = await browser.decline(`${url}/sso/login`, toCallback);
    const page = await browser.request(location);
    assert.equal(page.status, 403);
    assert.match(page.text, /The sign-in at The Office was declined/);
  });

  test("does not end in another browser", async () => {
    const eve = new Browser();
    const location = await eve.signIn(`${url}/sso/login`, "eve", toCallback);
    assert.deepEqual(await comeBack(new Browser(), location), { status: 403, code: "sso_other_browser" });
    const done = await eve.request(location);
    assert.equal(done.status, 303, done.text);
    // The code for the page is nothing to others either, and trying it ends it.
    assert.equal((await redeem(new Browser(), done.location)).status, 401);
    assert.equal((await redeem(eve, done.location)).status, 401);
  });

  test("ends once", async () => {
    const browser = new Browser();
    const location = await browser.signIn(`${url}/sso/login`, "bob", toCallback);
    assert.deepEqual(await comeBack(browser, location), { status: 303, code: null });
    assert.deepEqual(await comeBack(browser, location), { status: 400, code: "sso_state_unknown" });
  });

  test("does not take the code of an earlier sign-in, nor a state that it did not give", async () => {
    const browser = new Browser();
    const first = new URL(await browser.signIn(`${url}/sso/login`, "carol", toCallback));
    const second = new URL(await browser.signIn(`${url}/sso/login`, "carol", toCallback));
    assert.deepEqual(await comeBack(browser, first.href), { status: 303, code: null });
    // Used at the server already, and of another verifier.
    second.searchParams.set("code", first.searchParams.get("code"));
    assert.deepEqual(await comeBack(browser, second.href), { status: 401, code: "sso_code_refused" });
    second.searchParams.set("state", "made-up");
    assert.deepEqual(await comeBack(browser, second.href), { status: 400, code: "sso_state_unknown" });
  });

  test("does not take a token that was made for another application", async () => {
    const browser = new Browser();
    const away = await browser.request(`${url}/sso/login`);
    const nonce = new URL(away.location).searchParams.get("nonce");
    // The same person, the same nonce, a real token: but another application's.
    const verifier = randomBytes(32).toString("base64url");
    const asked = new URLSearchParams({
      client_id: OTHER_CLIENT,
      response_type: "code",
      redirect_uri: OTHER_CALLBACK,
      scope: "openid email",
      nonce,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const elsewhere = (location) => location.startsWith(OTHER_CALLBACK);
    const theirs = await new Browser().signIn(`${office.issuer}/auth?${asked}`, "dora", elsewhere);
    const exchanged = await fetch(`${office.issuer}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${OTHER_CLIENT}:${encodeURIComponent(CLIENT_SECRET)}`).toString("base64")}`,
      },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: new URL(theirs).searchParams.get("code"),
        redirect_uri: OTHER_CALLBACK,
        code_verifier: verifier,
      }),
    });
    const tokens = await exchanged.json();
    assert.ok(tokens.id_token, JSON.stringify(tokens));
    const location = await browser.signIn(away.location, "dora", toCallback);
    office.lies.token = tokens;
    try {
      assert.deepEqual(await comeBack(browser, location), { status: 401, code: "sso_token_refused" });
    } finally {
      office.lies.token = null;
    }
  });

  test("of somebody with an address that nobody verified keeps no address", async () => {
    const { body } = await signIn("unverified-victor");
    assert.equal(body.user_email, null);
  });

  // Last: there is no server afterwards.
  test("tells that the server is away", async () => {
    const browser = new Browser();
    const location = await browser.signIn(`${url}/sso/login`, "ada", toCallback);
    await office.stop();
    assert.deepEqual(await comeBack(browser, location), { status: 502, code: "sso_unreachable" });
    const page = await browser.request(location);
    assert.match(page.text, /not known|cannot be reached/);
  });
});
