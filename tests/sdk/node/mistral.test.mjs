// The official `@mistralai/mistralai` SDK: chat completions, to a Mistral upstream and to an Anthropic one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Mistral } from "@mistralai/mistralai";
import { MistralError } from "@mistralai/mistralai/models/errors";
import { z } from "zod";
import {
  collect,
  deploy,
  IMAGE_URL,
  INPUT_TOKENS,
  imageArrived,
  KEY,
  OUTPUT_TOKENS,
  REPLY_TEXT,
  TOOL_ARGUMENTS,
  URL,
  WEATHER_SCHEMA,
} from "./gateway.mjs";

const messages = [{ role: "user", content: "Hi" }];
const tools = [{ type: "function", function: { name: "get_weather", parameters: WEATHER_SCHEMA } }];
const open = (apiKey) => new Mistral({ apiKey, serverURL: URL, retryConfig: { strategy: "none" } });
const client = open(KEY);

for (const provider of ["mistral", "anthropic"]) {
  describe(`chat completions of ${provider}`, () => {
    const given = async (model, more) => ({ model: await deploy(provider, model), messages, ...more });
    const complete = async (model, more) => client.chat.complete(await given(model, more));
    const stream = async (model, more) => client.chat.stream(await given(model, more));

    test("whole", async () => {
      const { choices, usage } = await complete("plain");
      assert.equal(choices[0].message.content, REPLY_TEXT);
      assert.equal(choices[0].finishReason, "stop");
      assert.deepEqual([usage.promptTokens, usage.completionTokens], [INPUT_TOKENS, OUTPUT_TOKENS]);
    });

    test("streamed", async () => {
      // The SDK refuses a chunk that says nothing of a finish reason, not even null.
      const chunks = (await collect(await stream("plain"))).map(({ data }) => data);
      assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), REPLY_TEXT);
      assert.equal(chunks.findLast((chunk) => chunk.choices.length > 0).choices[0].finishReason, "stop");
    });

    test("a tool call and its result", async () => {
      const { message } = (await complete("fake-tool", { tools, toolChoice: "any" })).choices[0];
      const [call] = message.toolCalls;
      assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["get_weather", TOOL_ARGUMENTS]);
      const result = { role: "tool", toolCallId: call.id, name: call.function.name, content: "22 degrees" };
      const final = await complete("fake-tool", { tools, messages: [...messages, message, result] });
      assert.equal(final.choices[0].message.content, REPLY_TEXT);
    });

    test("structured output", async () => {
      const responseFormat = z.object({ city: z.string(), unit: z.string() });
      const response = await client.chat.parse(await given("fake-json", { responseFormat }));
      assert.deepEqual(response.choices[0].message.parsed, TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const content = [
        { type: "text", text: "What is it?" },
        { type: "image_url", imageUrl: IMAGE_URL },
      ];
      await complete("sees-node-mistral", { messages: [{ role: "user", content }] });
      await imageArrived(provider, "sees-node-mistral");
    });

    test("errors", async () => {
      for (const status of [400, 404, 429, 500]) {
        for (const ask of [complete, stream]) {
          await assert.rejects(ask(`fake-${status}`), (error) => {
            assert.ok(error instanceof MistralError, `${error}`);
            assert.equal(error.statusCode, status);
            return true;
          });
        }
      }
    });
  });
}

test("a wrong key, and a model that there is not", async () => {
  const ask = (client, model) => client.chat.complete({ model, messages });
  await assert.rejects(ask(open("sk-wrong"), "demo"), (error) => error.statusCode === 401);
  await assert.rejects(ask(client, "no-such-model"), (error) => error.statusCode === 404);
});
