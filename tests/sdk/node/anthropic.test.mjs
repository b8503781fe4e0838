// The official `@anthropic-ai/sdk`: messages, to an Anthropic upstream and to an OpenAI one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import {
  CACHED_TOKENS,
  collect,
  deploy,
  IMAGE_BASE64,
  imageArrived,
  KEY,
  OUTPUT_TOKENS,
  REPLY_TEXT,
  TOOL_ARGUMENTS,
  UNCACHED_TOKENS,
  URL,
  WEATHER_SCHEMA,
} from "./gateway.mjs";

const messages = [{ role: "user", content: "Hi" }];
const tools = [{ name: "get_weather", input_schema: WEATHER_SCHEMA }];
const Place = z.object({ city: z.string(), unit: z.string() });
const open = (apiKey) => new Anthropic({ baseURL: URL, apiKey, maxRetries: 0 });
const client = open(KEY);

for (const provider of ["anthropic", "openai"]) {
  describe(`messages of ${provider}`, () => {
    const given = async (model, more) => ({
      model: await deploy(provider, model),
      max_tokens: 100,
      messages,
      ...more,
    });
    const create = async (model, more) => client.messages.create(await given(model, more));

    test("whole", async () => {
      const { content, stop_reason, usage } = await create("plain", { system: "Be brief." });
      assert.equal(content[0].text, REPLY_TEXT);
      assert.equal(stop_reason, "end_turn");
      assert.deepEqual(
        [usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens],
        [UNCACHED_TOKENS, CACHED_TOKENS, OUTPUT_TOKENS],
      );
    });

    test("streamed", async () => {
      let said = "";
      const stream = client.messages.stream(await given("plain")).on("text", (text) => {
        said += text;
      });
      const final = await stream.finalMessage();
      assert.equal(said, REPLY_TEXT);
      assert.equal(final.content[0].text, REPLY_TEXT);
      assert.equal(final.usage.output_tokens, OUTPUT_TOKENS);
    });

    test("a tool call and its result", async () => {
      for (const ask of [
        (more) => create("fake-tool", { tools, ...more }),
        async (more) => client.messages.stream(await given("fake-tool", { tools, ...more })).finalMessage(),
      ]) {
        const first = await ask();
        assert.equal(first.stop_reason, "tool_use");
        const call = first.content.find((block) => block.type === "tool_use");
        assert.deepEqual([call.name, call.input], ["get_weather", TOOL_ARGUMENTS]);
        const result = { type: "tool_result", tool_use_id: call.id, content: "22 degrees" };
        const final = await ask({
          messages: [...messages, { role: "assistant", content: first.content }, { role: "user", content: [result] }],
        });
        assert.equal(final.content[0].text, REPLY_TEXT);
      }
    });

    test("structured output", async () => {
      const output_config = { format: zodOutputFormat(Place) };
      const message = await client.messages.parse(await given("fake-json", { output_config }));
      assert.deepEqual(message.parsed_output, TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const source = { type: "base64", media_type: "image/png", data: IMAGE_BASE64 };
      const content = [
        { type: "image", source },
        { type: "text", text: "What is it?" },
      ];
      await create("sees-node-messages", { messages: [{ role: "user", content }] });
      await imageArrived(provider, "sees-node-messages");
    });

    for (const [status, kind, type] of [
      [400, Anthropic.BadRequestError, "invalid_request_error"],
      [404, Anthropic.NotFoundError, "not_found_error"],
      [429, Anthropic.RateLimitError, "rate_limit_error"],
      [500, Anthropic.InternalServerError, "api_error"],
    ]) {
      test(`a ${status} is a ${kind.name}`, async () => {
        for (const stream of [false, true]) {
          await assert.rejects(create(`fake-${status}`, { stream }), (error) => {
            assert.ok(error instanceof kind, `${error}`);
            assert.deepEqual([error.status, error.error.error.type], [status, type]);
            return true;
          });
        }
      });
    }

    test("an error in mid-stream is thrown", async () => {
      await assert.rejects(collect(await create("fake-error-midstream", { stream: true })), Anthropic.APIError);
    });
  });
}

test("a wrong key, and a model that there is not", async () => {
  const ask = (client, model) => client.messages.create({ model, max_tokens: 100, messages });
  await assert.rejects(ask(open("sk-wrong"), "demo"), Anthropic.AuthenticationError);
  await assert.rejects(ask(client, "no-such-model"), Anthropic.NotFoundError);
});

test("models, and tokens that are counted", async () => {
  const group = await deploy("anthropic", "plain");
  assert.ok((await collect(client.models.list())).some(({ id }) => id === group));
  const counted = await client.messages.countTokens({ model: group, messages });
  assert.ok(counted.input_tokens > 0);
});
