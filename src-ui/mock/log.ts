// The log: read in pages, narrowed, one by one, and as a file.
import type { RequestDetail, RequestPage } from "../src/api/contract.ts";
import { bodiesOf, keptUntil } from "./bodies.ts";
import { found, part, Raw, type Route } from "./refusal.ts";
import type { World } from "./world.ts";

export const LOG_ROUTES: Route[] = [
  ["GET", /^\/console\/requests$/, ({ world, query }) => page(world, query)],
  ["GET", /^\/console\/requests\/export$/, ({ world, query }) => new Raw(exported(world, query))],
  [
    "GET",
    /^\/console\/requests\/([^/]+)$/,
    (call): RequestDetail => {
      const row = found(
        call.world.ledger.find((row) => row.id === part(call, 0)),
        "request",
      );
      return { ...row, bodies_kept_until: keptUntil(call.world, row) };
    },
  ],
];

/** What is searched for in texts is read for: so many rows are, for one page. */
const MOST_READ = 1000;

function page(world: World, query: URLSearchParams): RequestPage {
  const limit = Number(query.get("limit") ?? 100);
  const before = query.get("before");
  const rest = before ? world.ledger.findIndex((row) => row.id < before) : 0;
  const last = query.get("search") ? world.ledger.slice(rest, rest + MOST_READ).at(-1) : undefined;
  const rows = filtered(world, query).filter((row) => !last || row.id >= last.id);
  const requests = rows.slice(0, limit);
  if (rows.length > limit) return { requests, next: requests.at(-1)!.id, looked_to: null };
  if (last && rest + MOST_READ < world.ledger.length) return { requests, next: last.id, looked_to: last.started_at };
  return { requests, next: null, looked_to: null };
}

/** The ledger as a file, with a few of its columns. */
function exported(world: World, query: URLSearchParams) {
  const lines = filtered(world, query).map(({ id, started_at, key_name, client, model_requested, outcome }) => ({
    time: new Date(started_at).toISOString(),
    id,
    key: key_name,
    client,
    model_requested,
    outcome,
  }));
  if (query.get("format") === "jsonl") return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const rows = [["time", "id", "key", "client", "model_requested", "outcome"], ...lines.map(Object.values)];
  return rows.map((row) => `${row.join(",")}\n`).join("");
}

function filtered(world: World, query: URLSearchParams) {
  const asked = (name: string) => query.get(name) || null;
  const before = asked("before");
  const search = asked("search")?.toLowerCase();
  const words = asked("q")?.toLowerCase().split(/\s+/);
  const [from, to] = [Number(asked("from") ?? 0), Number(asked("to") ?? Number.POSITIVE_INFINITY)];
  const same = (name: string, value: string | null) => asked(name) === null || asked(name) === value;
  const ofOrganization = new Set(
    world.keys.filter(({ organization_id }) => organization_id === asked("organization_id")).map((key) => key.key_id),
  );
  return world.ledger.filter(
    (row) =>
      (!before || row.id < before) &&
      row.started_at >= from &&
      row.started_at < to &&
      same("status", row.outcome) &&
      same("key_id", row.key_id ?? "administrator") &&
      same("provider", row.provider) &&
      same("client", row.client) &&
      same("user_id", row.user_id) &&
      same("team_id", row.team_id) &&
      same("end_user", row.end_user) &&
      same("project", row.project) &&
      same("session", row.session) &&
      same("endpoint", row.endpoint) &&
      same("billing", row.billing) &&
      same("http_status", String(row.status)) &&
      same("unpriced", String(row.cost_nanos === null)) &&
      (!asked("organization_id") || ofOrganization.has(row.key_id ?? "")) &&
      (!asked("tag") || row.tags.includes(asked("tag")!)) &&
      (!asked("model") || [row.model_requested, row.model_group, row.upstream_model].includes(asked("model"))) &&
      (!search ||
        [row.id, row.model_requested, row.key_name, row.client, row.error_message].some((text) =>
          text?.toLowerCase().includes(search),
        )) &&
      (!words || keptHas(world, row, words)),
  );
}

function keptHas(world: World, row: RequestDetail, words: string[]) {
  const kept = bodiesOf(world, row);
  const text = kept && `${kept.request} ${kept.response}`.toLowerCase();
  return text !== null && words.every((word) => text.includes(word.replace(/[*"]/g, "")));
}
