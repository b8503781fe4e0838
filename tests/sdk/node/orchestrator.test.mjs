// The orchestrator's guide, example by example: its TypeScript with the official `openai` SDK.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { fakeAt, KEY, manage, REPLY_TEXT, URL } from "./gateway.mjs";

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY, maxRetries: 0 });
const model = "gpt-3.5-turbo";
const names = ["node-primary", "node-backup"];

describe("the orchestrator's guide", () => {
  before(async () => {
    for (const name of names)
      await manage("/admin/providers", { name, type: "openai", base_url: fakeAt("openai"), api_key: "sk-upstream" });
  });
  after(async () => {
    for (const name of names) await manage(`/admin/providers/${name}`, undefined, "DELETE");
  });

  test("a plain request", async () => {
    const response = await client.chat.completions.create({ model, messages: [{ role: "user", content: "Hello!" }] });
    assert.equal(response.choices[0].message.content, REPLY_TEXT);
  });

  test("a streamed request", async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Tell me a story." }],
      stream: true,
    });
    let said = "";
    for await (const chunk of stream) said += chunk.choices[0]?.delta?.content || "";
    assert.equal(said, REPLY_TEXT);
  });

  test("a provider of the request's own choice, and the next", async () => {
    const response = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Hello" }],
      provider: "node-primary",
      fallback_providers: ["node-backup"],
    });
    assert.equal(response.choices[0].message.content, REPLY_TEXT);
    assert.equal(response.provider, "node-primary");
    assert.equal(typeof response.latency_ms, "number");
  });
});
