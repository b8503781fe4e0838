import { platform, type Saved } from "@/platform";
import type { ErrorBody } from "./contract";
import type { Answer, Arguments, Call, Method, Path } from "./operation";

/** A route's refusal, or the lack of any answer (status 0). `message` is fit to be shown. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    readonly requestId: string | null = null,
    readonly param: string | null = null,
    /** What else there is to say, of a shape that the code decides. */
    readonly details: unknown = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Calls an operation of the API. The compiler knows which there are, what each takes and what it answers. */
export async function call<M extends Method, P extends Path<M>>(
  method: M,
  path: P,
  ...[given]: Arguments<M, P>
): Promise<Answer<M, P>> {
  const { path: parts, query: asked, body }: Call = given ?? {};
  // The one place where the description is believed instead of checked.
  return (await send(method, fill(path, parts ?? {}) + query(asked ?? {}), body)) as Answer<M, P>;
}

/** Any request, and the JSON of its answer. */
export async function send(method: Method, target: string, body?: unknown, cookies = false): Promise<unknown> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await platform
    .request(method, target, headers, body === undefined ? undefined : JSON.stringify(body), ...(cookies ? [true] : []))
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError(0, `The gateway did not answer (${reason}).`, "unreachable");
    });
  if (answer.status >= 200 && answer.status < 300) return answer.body ? parse(answer) : undefined;
  throw refusal(answer.status, answer.body, answer.headers["x-request-id"] ?? null);
}

/** Saves an answer as a file, and says where it is. It is never held as a text: it may be larger than one would be. */
export async function saveAnswer(target: string, name: string): Promise<Saved> {
  const outcome = await platform.files.saveAnswer(target, name).catch((cause: unknown) => {
    // The window says in a sentence what kept it from saving; a browser's own words are of no use.
    if (platform.kind === "window") throw new Error(String(cause));
    throw new ApiError(0, `The gateway did not answer (${String(cause)}).`, "unreachable");
  });
  if ("saved" in outcome) return outcome.saved;
  const { status, body, headers } = outcome.refused;
  throw refusal(status, body, headers["x-request-id"] ?? null);
}

function parse({ status, body, headers }: { status: number; body: string; headers: Record<string, string> }): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError(
      status,
      "The answer was not JSON. Is something else listening on this port?",
      "bad_answer",
      headers["x-request-id"],
    );
  }
}

function refusal(status: number, body: string, headerId: string | null) {
  try {
    const { error, request_id }: Partial<ErrorBody> & { error?: { reason?: string } } = JSON.parse(body);
    if (typeof error?.message === "string") {
      return new ApiError(
        status,
        error.message,
        // LiteLLM's routes have the status for a code, and our word beside it; what is absent is called "None" there.
        error.reason ?? error.code ?? error.type ?? null,
        request_id ?? headerId,
        error.param && error.param !== "None" ? error.param : null,
        error.details ?? null,
      );
    }
  } catch {
    // Not the gateway's envelope: a proxy or another program answered.
  }
  return new ApiError(status, `The gateway answered ${status} without saying why.`, null, headerId);
}

/** A path with its parts filled in, each escaped. */
export const fill = (path: string, parts: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parts[name];
    if (value === undefined) throw new Error(`${path} lacks ${name}`);
    // A model's name may hold slashes that belong to the path: provider/vendor/model.
    return name === "model" ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });

/** Query string from what is set; empty and undefined values are left out. */
export function query(parameters: Record<string, string | number | boolean | undefined | null>) {
  const set = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return set.length === 0 ? "" : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`;
}
