// What the log is narrowed to, as its address has it.
import { BILLINGS, OUTCOMES, type RequestFilter } from "@/api/log";

export interface RequestSearch extends RequestFilter {
  /** The request that is open beside the list. */
  open?: string;
}

/** An address written by hand may have a number where a name is meant. */
const text = (value: unknown) =>
  (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
const moment = (value: unknown) => (typeof value === "number" && Number.isSafeInteger(value) ? value : undefined);
const oneOf = <T extends string>(value: unknown, allowed: readonly T[]) =>
  allowed.includes(value as T) ? (value as T) : undefined;

/** What is no filter is left out: a link that is old or mistyped still opens the page. */
export function requestSearch(said: Record<string, unknown>): RequestSearch {
  const status = Number(said.http_status);
  return {
    status: oneOf(said.status, OUTCOMES),
    model: text(said.model),
    provider: text(said.provider),
    key_id: text(said.key_id),
    client: text(said.client),
    search: text(said.search),
    q: text(said.q),
    from: moment(said.from),
    to: moment(said.to),
    user_id: text(said.user_id),
    team_id: text(said.team_id),
    organization_id: text(said.organization_id),
    end_user: text(said.end_user),
    project: text(said.project),
    session: text(said.session),
    tag: text(said.tag),
    endpoint: text(said.endpoint),
    billing: oneOf(said.billing, BILLINGS),
    unpriced: typeof said.unpriced === "boolean" ? said.unpriced : undefined,
    http_status: Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined,
    open: text(said.open),
  };
}
