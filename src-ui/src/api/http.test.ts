import { expect, test, vi } from "vitest";
import { platform } from "@/platform";
import { ApiError, call, fill, query, send } from "./http";

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
  expect(await call("GET", "/health")).toEqual({ a: 1 });
  answering(204, "");
  expect(await call("POST", "/console/guide", { body: { dismissed: true } })).toBeUndefined();
});

test("a refusal keeps its message, code and request id", async () => {
  answering(
    409,
    '{"error":{"message":"taken","type":"invalid_request_error","param":"name","code":"name_taken"},"request_id":"r1"}',
  );
  const error = await refused(call("POST", "/console/providers", { body: { preset: "openai" } }));
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 409, message: "taken", code: "name_taken", requestId: "r1", param: "name" });
});

test.each([
  [502, "<html>Bad gateway</html>", /502/],
  [500, '{"other":true}', /500/],
])("an answer that is not the gateway's (%i) is named as such", async (status, body, message) => {
  answering(status, body, { "x-request-id": "r2" });
  expect(await refused(call("GET", "/health"))).toMatchObject({
    status,
    message: expect.stringMatching(message),
    requestId: "r2",
  });
});

test("HTML with status 200 is not taken for data", async () => {
  answering(200, "<html>");
  expect((await refused(call("GET", "/health"))).code).toBe("bad_answer");
});

test("no answer at all is its own kind of error", async () => {
  vi.spyOn(platform, "request").mockRejectedValueOnce(new TypeError("Failed to fetch"));
  expect(await refused(call("GET", "/health"))).toMatchObject({ status: 0, code: "unreachable" });
});

test("query strings leave out what is not set and escape the rest", () => {
  expect(query({ a: "x y", b: undefined, c: "", d: null, e: 0 })).toBe("?a=x+y&e=0");
  expect(query({})).toBe("");
});

test("path, query and body go where the operation wants them", async () => {
  const request = answering(200, "{}");
  await call("PATCH", "/console/providers/{id}", { path: { id: "a/b ?" }, body: { enabled: false } });
  expect(request).toHaveBeenLastCalledWith(
    "PATCH",
    "/console/providers/a%2Fb%20%3F",
    expect.objectContaining({ "content-type": "application/json" }),
    '{"enabled":false}',
  );
  answering(200, "{}");
  await call("GET", "/key/list", { query: { return_full_object: true, page: 2 } });
  expect(request).toHaveBeenLastCalledWith(
    "GET",
    "/key/list?return_full_object=true&page=2",
    { accept: "application/json" },
    undefined,
  );
});

test("a model's slashes belong to the path", () => {
  expect(fill("/console/prices/{provider}/{model}", { provider: "a/b", model: "vendor/model 1:free" })).toBe(
    "/console/prices/a%2Fb/vendor/model%201%3Afree",
  );
  expect(() => fill("/console/providers/{id}", {})).toThrow(/id/);
});

test("a refusal in LiteLLM's form says the same", async () => {
  answering(
    409,
    '{"error":{"message":"Budget already exists","type":"bad_request_error","param":"budget_id","code":"409","reason":"budget_exists"},"request_id":"r1"}',
  );
  expect(await refused(send("POST", "/budget/new", {}))).toMatchObject({ code: "budget_exists", param: "budget_id" });
  answering(
    403,
    '{"error":{"message":"not yours","type":"auth_error","param":"None","code":"403","reason":"foreign"}}',
  );
  expect(await refused(send("GET", "/team/info"))).toMatchObject({ code: "foreign", param: null });
});
