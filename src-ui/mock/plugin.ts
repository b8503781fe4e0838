import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { publicAnswer } from "./people/sign-in.ts";
import { Raw, Refusal } from "./refusal.ts";
import { answer } from "./routes.ts";
import { type World, worldOf } from "./world.ts";

const API =
  /^\/(console|key|model|model_group|access_group|user|team|v2|organization|budget|customer|tag|invitation|onboarding|v1|__mock)\/|^\/audit(\/|$)/;
// As strict as the gateway's own, so that a violation shows in the tests. Styles are inserted by the dialog and toast parts.
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let trickle = false;

/** Answers the gateway's routes from made-up worlds, in the development server and under a preview of the build. */
export function mockGateway(): Plugin {
  return {
    name: "postern-mock-gateway",
    configureServer({ middlewares }) {
      // A trickle of traffic where somebody is designing; tests ask for theirs.
      trickle = true;
      middlewares.use(respond);
      console.info("\n  Sign in with mock-busy, mock-fresh, mock-quiet, mock-failing, mock-slow or mock-trouble.\n");
    },
    configurePreviewServer({ middlewares }) {
      middlewares.use(respond);
      middlewares.use(underUi);
    },
  };
}

/** The gateway serves the build at /ui/, the preview at /. */
const underUi: Connect.NextHandleFunction = (request, response, next) => {
  const url = request.url ?? "/";
  if (url === "/" || url === "/ui") {
    response.writeHead(302, { location: "/ui/" }).end();
    return;
  }
  if (url.startsWith("/ui/")) request.url = url.slice(3);
  response.setHeader("content-security-policy", CSP);
  next();
};

const respond: Connect.NextHandleFunction = (request, response, next) => {
  const url = new URL(request.url ?? "/", "http://mock");
  if (!API.test(url.pathname)) return next();
  void handle(request, response, url);
};

async function handle(request: IncomingMessage, response: ServerResponse, url: URL) {
  const send = (status: number, body: unknown) => {
    response.writeHead(status, {
      "content-type": "application/json",
      "x-request-id": "0197a2b4-0000-7000-8000-00000000beef",
    });
    response.end(body === undefined ? "" : body instanceof Raw ? body.text : JSON.stringify(body));
  };
  const refuse = (status: number, code: string, message: string, param: string | null = null, details: unknown = {}) =>
    send(status, {
      error: { message, type: code, param, code, details },
      timestamp: new Date().toISOString(),
      request_id: "0197a2b4-0000-7000-8000-00000000beef",
    });
  const presented = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? null;
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : {};
    const open = publicAnswer(request.method ?? "GET", url, body);
    if (open !== undefined) return send(200, open);
    const who = worldOf(presented);
    if (!who) return refuse(401, "authentication", "The key is missing or wrong.");
    const { world, row, user } = who;
    if (url.pathname === "/console/events") return events(response, world);
    const basic = url.pathname === "/console/session" || url.pathname.startsWith("/__mock/");
    if (world.scenario === "slow" && !basic) await new Promise((resolve) => setTimeout(resolve, 4000));
    if (world.failing && !basic)
      return refuse(500, "internal_error", "the gateway's database failed; the log has the reason");
    const inWindow = request.headers["x-mock-window"] !== undefined;
    const result = answer(request.method ?? "GET", url, body, world, row, user, inWindow);
    if (!result) return refuse(404, "not_found", `The mock does not know ${request.method} ${url.pathname}.`);
    send(...result);
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.status, error.code, error.message, error.param, error.details);
    refuse(500, "internal_error", String(error));
  }
}

function events(response: ServerResponse, world: World) {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.write(": hello\n\n");
  const watcher = (event: string, data: unknown) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  world.watchers.add(watcher);
  const comment = setInterval(() => response.write(": still here\n\n"), 15_000);
  const traffic = trickle ? setInterval(() => world.record(), 2500) : undefined;
  response.on("close", () => {
    world.watchers.delete(watcher);
    clearInterval(comment);
    clearInterval(traffic);
  });
}
