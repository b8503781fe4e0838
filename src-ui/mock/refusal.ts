// What routes of the mock have in common: how they are asked, and how they refuse.
import type { KeyRow } from "../src/api/contract.ts";
import type { World } from "./world.ts";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly param: string | null = null,
    readonly details: unknown = {},
  ) {
    super(message);
  }
}

/** An answer that is no JSON. */
export class Raw {
  constructor(readonly text: string) {}
}

// biome-ignore lint/suspicious/noExplicitAny: a mock trusts the bodies it is sent
type Body = any;
export interface Call {
  world: World;
  key: KeyRow | null;
  /** Whoever signed in as themselves; null: the administrator's key, or a virtual one. */
  user: string | null;
  /** As if called from the native window. */
  inWindow: boolean;
  query: URLSearchParams;
  body: Body;
  path: string[];
}
export type Route = [method: string, path: RegExp, answer: (call: Call) => unknown];

export const part = (call: Call, index: number) => decodeURIComponent(call.path[index] ?? "");
export const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Refusal(404, "not_found", `There is no such ${what}.`);
  return value;
};
