// Short names for the generated shapes, and what each is. They are written down in the gateway, never here: change the code there
// and run `make openapi`. Times are UTC milliseconds, money is nano-dollars (null: unpriced), prices are pico-dollars per token.
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

/** Who the presented key is. */
export type { ConsoleSession as Session } from "./governance";
export type Status = Schemas["Status"];
export type Listener = Schemas["Listener"];

export type Overview = Schemas["Overview"];
export type Totals = Schemas["Totals"];

/** About 3,000 rows, read whole and filtered here. */
export type Catalogue = Schemas["CatalogueView"];
export type CatalogueModel = Schemas["CatalogueModel"];
/** The user's own prices of a model; what is left out stays as listed. */
export type PriceOverride = Schemas["PriceOverride"];

/** A well-known provider to choose from. Its `format` is any word; a configured provider's is one of the known. */
export type Preset = Schemas["Preset"];
/** One thing that a provider is told besides its key: a region, a project. Members that say nothing may be left out. */
export type SettingSpec = Schemas["SettingSpec"];
/** A kind of endpoint that a provider serves. */
export type Served = Schemas["Served"];
/** A wire format. A request's may also be `embeddings` or `pass_through`. */
export type FormatName = Schemas["FormatName"];
export type Provider = Schemas["Provider"];
export type ProviderTest = Schemas["ProviderTest"];
export type ProviderDraft = Schemas["NewProvider"];
export type ProviderChange = Schemas["ProviderChange"];

/** A virtual key without its secret, as LiteLLM's routes show it: money in dollars, times RFC 3339. Key routes take its `token`. */
export type KeyRow = Schemas["KeyView"];
export type KeyDraft = Schemas["GenerateKey"];
/** The row and, this once, the key. */
export type IssuedKey = Schemas["GeneratedKey"];

export type RequestRow = Schemas["RequestRow"];
export type RequestDetail = Schemas["RequestDetail"];
export type RequestPage = Schemas["RequestPage"];

/** A deployment in its model group, in LiteLLM's words. */
export type ModelInfo = Schemas["ModelInfo"];

/** How every route refuses. */
export type ErrorBody = Schemas["ErrorBody"];

/**
 * What `GET /console/events` can announce as stale. The only words kept by hand: OpenAPI has no place for what an event carries.
 * `event: request` carries a `RequestRow`, `event: status` a `Listener`, `event: stale` a `Stale`.
 */
export type Topic =
  | "keys"
  | "models"
  | "providers"
  | "overview"
  | "requests"
  | "status"
  | "catalogue"
  | "users"
  | "teams"
  | "organizations"
  | "budgets"
  | "customers"
  | "tags";
export interface Stale {
  topics: Topic[];
}
