// The gateway under test and the fakes behind it, for the Node.js SDKs; what ../gateway.py is for the Python ones.
import assert from "node:assert/strict";
import path from "node:path";
import process from "node:process";

export const URL = process.env.POSTERN_URL;
const ADMIN_KEY = process.env.POSTERN_ADMIN_KEY;
// Each fake by its provider's name; two APIs are OpenAI's, with rules of their own.
const UPSTREAMS = {};
for (const [name, url] of Object.entries(process.env)) {
  const fake = /^FAKE_(\w+)_URL$/.exec(name);
  if (fake) UPSTREAMS[fake[1].toLowerCase()] = url;
}
UPSTREAMS.mistral = UPSTREAMS.openai;
UPSTREAMS["openai-compatible"] = UPSTREAMS.openai;

// What the fakes say and count (crates/testkit/src/behaviour.rs).
export const REPLY_TEXT = "Hello from the fake upstream: the quick brown fox jumps over the lazy dog.";
export const TOOL_ARGUMENTS = { city: "Paris", unit: "celsius" };
export const OUTPUT_TOKENS = 21;
export const CACHED_TOKENS = 8;
export const UNCACHED_TOKENS = 12;
export const INPUT_TOKENS = UNCACHED_TOKENS + CACHED_TOKENS;

export const WEATHER_SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
  required: ["city"],
};

// Four pixels, with both letters in which base64 and its variant for URLs differ.
export const IMAGE_BASE64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAF0lEQVR42mMILe/9Gr+E4dvjCSqzLgMAMPEHTO6BiAoAAAAASUVORK5CYII=";
export const IMAGE_URL = `data:image/png;base64,${IMAGE_BASE64}`;

async function call(url, body, method = body === undefined ? "GET" : "POST") {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** One call of the management API with the administrator's key. */
export const manage = (path, body, method) => call(URL + path, body, method);

/** Where the fake of a provider is. */
export const fakeAt = (provider) => UPSTREAMS[provider];

// Files run in processes of their own, side by side: each has a key and model groups of its own.
const file = path.basename(process.argv[1] ?? "repl").split(".")[0];
export const KEY = (await call(`${URL}/key/generate`, { key_alias: `node ${file}` })).key;

const deployed = new Map();

/** The name of a model group of the fake provider's model, which is made when it is first asked for. */
export function deploy(provider, model) {
  const group = `node-${file}-${provider}-${model}`;
  if (!deployed.has(group)) {
    const params = { model: `${provider}/${model}`, api_base: UPSTREAMS[provider], api_key: "sk-upstream" };
    deployed.set(group, call(`${URL}/model/new`, { model_name: group, litellm_params: params }));
  }
  return deployed.get(group).then(() => group);
}

/** The bodies that the fake was sent for one of its models, in order. */
export async function received(provider, model) {
  const requests = await call(new globalThis.URL("/fake/requests", UPSTREAMS[provider]));
  return requests
    .filter(({ path, body }) => body?.model === model || path.includes(`/models/${model}:`))
    .map(({ body }) => body);
}

function* objects(value) {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) yield value;
  for (const inner of Object.values(value)) yield* objects(inner);
}

/** The latest request for the fake's model carries the image in the way of its API. */
export async function imageArrived(provider, model) {
  const arrived = [...objects((await received(provider, model)).at(-1))];
  const source = { type: "base64", media_type: "image/png", data: IMAGE_BASE64 };
  const fits = {
    anthropic: (part) => part.type === "image" && JSON.stringify(part.source) === JSON.stringify(source),
    gemini: (part) => part.inlineData?.data === IMAGE_BASE64 && part.inlineData.mimeType === "image/png",
    ollama: (message) => message.images?.[0] === IMAGE_BASE64,
    // Chat completions, or responses.
    openai: (part) => part.image_url?.url === IMAGE_URL || part.image_url === IMAGE_URL,
  };
  assert.ok(arrived.some(fits[provider] ?? fits.openai), JSON.stringify(arrived[0]));
}

export async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}
