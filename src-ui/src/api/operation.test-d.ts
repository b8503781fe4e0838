// Never run: each line that the compiler ceases to refuse fails the type check.
import { call } from "./http";

export const refused = () => [
  // @ts-expect-error: no such path
  call("GET", "/console/nothing"),
  // @ts-expect-error: no such method on it
  call("DELETE", "/console/status"),
  // @ts-expect-error: a body is needed
  call("POST", "/console/listener"),
  // @ts-expect-error: of another shape
  call("POST", "/console/listener", { body: { running: "yes" } }),
  // @ts-expect-error: the id is missing
  call("GET", "/console/requests/{id}"),
  // @ts-expect-error: no such range
  call("GET", "/console/spend", { query: { range: "year" } }),
  // @ts-expect-error: the answer has no such member
  call("GET", "/console/status").then((status) => status.nothing),
];
