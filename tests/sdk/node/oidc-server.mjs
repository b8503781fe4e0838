// A certified OpenID Connect server (`oidc-provider`) to sign in at, with its own forms for signing in and consenting, which
// take any name and password; and a browser that keeps cookies, follows redirects and fills in those forms.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

export const CLIENT = "postern";
export const CLIENT_SECRET = "the office knows postern by this";
/** Another application of the same server. */
export const OTHER_CLIENT = "another";
export const OTHER_CALLBACK = "http://127.0.0.1:9/callback";

/** What the server knows of whoever signs in by a name. */
function account(login) {
  return {
    sub: login,
    name: `${login} of the office`,
    email: `${login}@example.com`,
    email_verified: !login.startsWith("unverified"),
    groups: login.startsWith("ops") ? ["ops", "everybody"] : ["everybody"],
  };
}

/** Starts one; `callback` is where it sends browsers back to. */
export async function startServer(callback) {
  // What `/token` answers instead of its own answer, where a test lies.
  const lies = { token: null };
  const server = createServer((request, response) => {
    if (lies.token && request.url === "/token") {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify(lies.token));
    }
    handle(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [
      { client_id: CLIENT, client_secret: CLIENT_SECRET, redirect_uris: [callback] },
      { client_id: OTHER_CLIENT, client_secret: CLIENT_SECRET, redirect_uris: [OTHER_CALLBACK] },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "office-1" }] },
    cookies: { keys: ["of no secret"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    pkce: { required: () => true },
    findAccount: (_, login) => ({ accountId: login, claims: () => account(login) }),
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Interaction: 60, Session: 60, Grant: 60 },
  });
  const handle = provider.callback();
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { issuer, lies, stop };
}

/** Names and values of the hidden members of the form on a page, and where it is sent. */
function form(page) {
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
  assert.ok(action, `no form on: ${page.slice(0, 500)}`);
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  return { action, members: Object.fromEntries(hidden.map(([, name, value]) => [name, value])) };
}

export class Browser {
  /** By host and path, as browsers keep them: ports do not matter. */
  #cookies = [];

  #keep(response, url) {
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(";").map((part) => part.trim());
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      const said = (attribute) =>
        attributes.find((one) => one.toLowerCase().startsWith(`${attribute}=`))?.slice(attribute.length + 1);
      const path = said("path") ?? "/";
      const over = said("max-age") === "0" || Date.parse(said("expires")) < Date.now();
      const same = (known) => known.name === name && known.host === url.hostname && known.path === path;
      this.#cookies = this.#cookies.filter((known) => !same(known));
      if (!over) this.#cookies.push({ name, value, path, host: url.hostname });
    }
  }

  cookies(url) {
    const fits = ({ host, path }) =>
      host === url.hostname && (url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, "/")));
    return this.#cookies.filter(fits).map(({ name, value }) => `${name}=${value}`);
  }

  /** One request; redirects are answers. */
  async request(address, init = {}) {
    const url = new URL(address);
    const cookie = this.cookies(url).join("; ");
    const headers = { accept: "text/html", ...(cookie && { cookie }), ...init.headers };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    this.#keep(response, url);
    const location = response.headers.get("location");
    return {
      url,
      status: response.status,
      headers: response.headers,
      location: location && new URL(location, url).href,
      text: await response.text(),
    };
  }

  /** Follows redirects until there are none, or until one leads to where `until` says. */
  async follow(address, until = () => false, init = {}) {
    let answer = await this.request(address, init);
    for (let steps = 0; answer.location && !until(answer.location); steps++) {
      assert.ok(steps < 20, `too many redirects, the last to ${answer.location}`);
      answer = await this.request(answer.location);
    }
    return answer;
  }

  /** Signs in on the server's page and consents; ends with the redirect that `until` recognises. */
  async signIn(address, login, until) {
    let answer = await this.follow(address, until);
    while (!answer.location) {
      const { action, members } = form(answer.text);
      if (members.prompt === "login") Object.assign(members, { login, password: "any" });
      answer = await this.follow(new URL(action, answer.url).href, until, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(members).toString(),
      });
    }
    return answer.location;
  }

  /** Goes to the server's page and declines there. */
  async decline(address, until) {
    const page = await this.follow(address, until);
    const abort = /href="([^"]+\/abort)"/.exec(page.text)?.[1];
    assert.ok(abort, `nothing to decline on: ${page.text.slice(0, 500)}`);
    return (await this.follow(new URL(abort, page.url).href, until)).location;
  }
}
