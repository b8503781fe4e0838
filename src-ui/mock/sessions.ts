// What each run of a client came to, put together from the ledger.
import type { SessionPage, SessionRow } from "../src/api/sessions.ts";
import type { Route } from "./refusal.ts";
import { sum } from "./totals.ts";
import type { World } from "./world.ts";

function sessions(world: World): SessionRow[] {
  const rows = new Map<string, World["ledger"]>();
  for (const row of world.ledger) {
    if (row.session === null) continue;
    const name = `${row.session} ${row.key_id}`;
    const of = rows.get(name);
    if (of) of.push(row);
    else rows.set(name, [row]);
  }
  return [...rows.values()]
    .map((of) => {
      // The ledger is newest first.
      const [first, last] = [of.at(-1)!, of[0]!];
      return {
        session: first.session!,
        project: first.project,
        client: first.client,
        model: first.model_group,
        provider: first.provider,
        key_id: first.key_id,
        key_name: first.key_name,
        user_id: first.user_id,
        team_id: first.team_id,
        first_at: first.started_at,
        last_at: last.started_at,
        totals: sum(of),
      };
    })
    .sort((a, b) => b.last_at - a.last_at);
}

function page(world: World, query: URLSearchParams): SessionPage {
  const [limit, before] = [Number(query.get("limit") ?? 100), query.get("before")];
  const [search, project] = [query.get("search")?.toLowerCase(), query.get("project")];
  const all = sessions(world).filter(
    (row) =>
      (!project || row.project === project) &&
      (!search ||
        [row.session, row.project, row.client, row.model].some((text) => text?.toLowerCase().includes(search))),
  );
  const nameOf = ({ session, key_id }: SessionRow) => `${session} ${key_id}`;
  const from = before ? all.findIndex((row) => nameOf(row) === before) + 1 : 0;
  const shown = all.slice(from, from + limit);
  return { sessions: shown, next: from + limit < all.length ? nameOf(shown.at(-1)!) : null };
}

export const SESSION_ROUTES: Route[] = [["GET", /^\/console\/sessions$/, ({ world, query }) => page(world, query)]];
