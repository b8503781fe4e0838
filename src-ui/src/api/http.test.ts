import { expect, test, vi } from "vitest";
import { platform } from "@/platform";
import { ApiError, call, query } from "./http";

const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  vi.spyOn(platform, "request").mockResolvedValueOnce({ status, body, headers });

const refused = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => {
      throw new Error("it was not refused");
    },
    (error: ApiError) => error,
  );

test("an answer is parsed, an empty one is nothing", async () => {
  answering(200, '{"a":1}');
  expect(await call("GET", "/x")).toEqual({ a: 1 });
  answering(204, "");
  expect(await call("DELETE", "/x")).toBeUndefined();
});

test("a refusal keeps its message, code and request id", async () => {
  answering(
    409,
    '{"error":{"message":"taken","type":"invalid_request_error","param":"name","code":"name_taken"},"request_id":"r1"}',
  );
  const error = await refused(call("POST", "/x", {}));
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 409, message: "taken", code: "name_taken", requestId: "r1", param: "name" });
});

test.each([
  [502, "<html>Bad gateway</html>", /502/],
  [500, '{"other":true}', /500/],
])("an answer that is not the gateway's (%i) is named as such", async (status, body, message) => {
  answering(status, body, { "x-request-id": "r2" });
  expect(await refused(call("GET", "/x"))).toMatchObject({
    status,
    message: expect.stringMatching(message),
    requestId: "r2",
  });
});

test("HTML with status 200 is not taken for data", async () => {
  answering(200, "<html>");
  expect((await refused(call("GET", "/x"))).code).toBe("bad_answer");
});

test("no answer at all is its own kind of error", async () => {
  vi.spyOn(platform, "request").mockRejectedValueOnce(new TypeError("Failed to fetch"));
  expect(await refused(call("GET", "/x"))).toMatchObject({ status: 0, code: "unreachable" });
});

test("query strings leave out what is not set and escape the rest", () => {
  expect(query({ a: "x y", b: undefined, c: "", d: null, e: 0 })).toBe("?a=x+y&e=0");
  expect(query({})).toBe("");
});
