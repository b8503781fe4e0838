// Tags that were made, and those that only requests carry.
import type { TagRow } from "../../src/api/contract.ts";
import { note } from "../audit.ts";
import { type Call, found, Refusal, type Route } from "../refusal.ts";
import { administers, inForce, setLimits, take } from "./common.ts";
import { noTag, type Tag } from "./state.ts";

const FIELDS: (keyof Tag & string)[] = ["description", "models", "budget_id"];

const shown = (call: Call, { own, ...row }: Tag): TagRow => ({
  ...row,
  litellm_budget_table: inForce(call, row.budget_id, own),
});
/** As the log has it: the row itself. */
const kept = ({ own: { budget_reset_at: _, ...own }, ...row }: Tag) => ({
  name: row.name,
  description: row.description,
  models: row.models,
  ...own,
  max_budget: undefined,
  max_budget_nanos: own.max_budget === null ? null : own.max_budget * 1e9,
  budget_id: row.budget_id,
});
/** One that was made. */
const made = (call: Call) =>
  found(
    call.world.people.tags.find(({ name, models }) => name === call.body.name && models !== null),
    "tag",
  );

export const TAG_ROUTES: Route[] = [
  [
    "GET",
    /^\/tag\/list$/,
    (call) => {
      administers(call);
      return call.world.people.tags.map((row) => shown(call, row));
    },
  ],
  [
    "POST",
    /^\/tag\/new$/,
    (call) => {
      administers(call);
      const { people } = call.world;
      const { name } = call.body;
      const known = people.tags.find((row) => row.name === name);
      if (known && known.models !== null) {
        throw new Refusal(409, "tag_exists", `Tag ${name} already exists`, "name");
      }
      const row = { ...noTag(name, Date.now()), spend: known?.spend ?? 0 };
      take(row, call.body, FIELDS);
      setLimits(row.own, call.body);
      people.tags = [...people.tags.filter((one) => one !== known), row];
      note(call, "created", "tag", name, null, kept(row));
      call.world.stale("tags");
      return { message: "", tag: shown(call, row) };
    },
  ],
  [
    "POST",
    /^\/tag\/update$/,
    (call) => {
      administers(call);
      const row = made(call);
      const before = kept(row);
      take(row, call.body, FIELDS);
      setLimits(row.own, call.body);
      note(call, "updated", "tag", row.name, before, kept(row));
      call.world.stale("tags");
      return { message: "", tag: shown(call, row) };
    },
  ],
  [
    "POST",
    /^\/tag\/delete$/,
    (call) => {
      administers(call);
      const row = made(call);
      call.world.people.tags = call.world.people.tags.filter((one) => one !== row);
      note(call, "deleted", "tag", row.name, kept(row), null);
      call.world.stale("tags");
      return { message: "" };
    },
  ],
];
