// The official `cohere-ai` SDK: chat, to a Cohere upstream and to an Anthropic one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cohere, CohereClientV2, CohereError } from "cohere-ai";
import {
  collect,
  deploy,
  IMAGE_URL,
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
const open = (token) => new CohereClientV2({ token, baseUrl: URL, maxRetries: 0 });
const client = open(KEY);

for (const provider of ["cohere", "anthropic"]) {
  describe(`chat of ${provider}`, () => {
    const given = async (model, more) => ({ model: await deploy(provider, model), messages, ...more });
    const chat = async (...wanted) => client.chat(await given(...wanted));
    const stream = async (...wanted) => collect(await client.chatStream(await given(...wanted)));

    test("whole", async () => {
      const { message, finishReason, usage } = await chat("plain");
      assert.equal(message.content[0].text, REPLY_TEXT);
      assert.equal(finishReason, "COMPLETE");
      assert.equal(usage.billedUnits.outputTokens, OUTPUT_TOKENS);
    });

    test("streamed", async () => {
      const events = await stream("plain");
      const said = events.filter(({ type }) => type === "content-delta");
      assert.equal(said.map(({ delta }) => delta.message.content.text).join(""), REPLY_TEXT);
      assert.equal(events.at(-1).delta.finishReason, "COMPLETE");
    });

    test("a tool call and its result", async () => {
      const { message } = await chat("fake-tool", { tools });
      const [call] = message.toolCalls;
      assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["get_weather", TOOL_ARGUMENTS]);
      const result = { role: "tool", toolCallId: call.id, content: "22 degrees" };
      const final = await chat("fake-tool", { tools, messages: [...messages, message, result] });
      assert.equal(final.message.content[0].text, REPLY_TEXT);
    });

    test("structured output", async () => {
      const responseFormat = { type: "json_object", jsonSchema: WEATHER_SCHEMA };
      const { message } = await chat("fake-json", { responseFormat });
      assert.deepEqual(JSON.parse(message.content[0].text), TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const content = [
        { type: "text", text: "What is it?" },
        { type: "image_url", imageUrl: { url: IMAGE_URL } },
      ];
      await chat("sees-node-cohere", { messages: [{ role: "user", content }] });
      await imageArrived(provider, "sees-node-cohere");
    });

    for (const [status, kind] of [
      [400, Cohere.BadRequestError],
      [404, Cohere.NotFoundError],
      [429, Cohere.TooManyRequestsError],
      [500, Cohere.InternalServerError],
    ]) {
      test(`a ${status} is a ${kind.name}`, async () => {
        for (const ask of [chat, stream]) {
          await assert.rejects(ask(`fake-${status}`), (error) => {
            assert.ok(error instanceof kind && error instanceof CohereError, `${error}`);
            assert.equal(error.statusCode, status);
            return true;
          });
        }
      });
    }
  });
}

test("a wrong key, and a model that there is not", async () => {
  const ask = (client, model) => client.chat({ model, messages });
  await assert.rejects(ask(open("sk-wrong"), "demo"), Cohere.UnauthorizedError);
  await assert.rejects(ask(client, "no-such-model"), Cohere.NotFoundError);
});
