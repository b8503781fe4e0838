// What the generated description says of each operation, in the terms of `call`: types only, nothing of it is left in the build.
import type { paths } from "./schema.gen";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

type Parts = Record<string, string>;
type Asked = Record<string, string | number | boolean | undefined>;

interface Operation {
  parameters: { path?: Parts; query?: Asked };
  responses: object;
}

/** The paths that have an operation of this method. */
export type Path<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, Operation> ? P : never;
}[keyof paths];

type OperationOf<M extends Method, P extends Path<M>> =
  paths[P] extends Record<Lowercase<M>, infer O extends Operation> ? O : never;

type Body<O> = O extends { requestBody?: never }
  ? { body?: undefined }
  : O extends { requestBody: { content: { "application/json": infer B } } }
    ? { body: B }
    : O extends { requestBody?: { content: { "application/json": infer B } } }
      ? { body?: B }
      : { body?: undefined };

type Parameters<O extends Operation> = Pick<O["parameters"], "path" | "query"> & Body<O>;

/** One object with `path`, `query` and `body` as far as the operation has them; none where it needs none. */
export type Arguments<M extends Method, P extends Path<M>> =
  Record<never, never> extends Parameters<OperationOf<M, P>>
    ? [given?: Parameters<OperationOf<M, P>>]
    : [given: Parameters<OperationOf<M, P>>];

/** The same for whoever sends it. */
export interface Call {
  path?: Parts;
  query?: Asked;
  body?: unknown;
}

type Success = 200 | 201 | 204;
type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Successes<R> = { [S in keyof R & Success]: Json<R[S]> }[keyof R & Success];

/** The JSON of a success; nothing where it has no body. */
export type Answer<M extends Method, P extends Path<M>> = Successes<OperationOf<M, P>["responses"]>;
