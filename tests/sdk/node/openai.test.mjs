// The official `openai` SDK: chat completions and responses, to an OpenAI upstream and to an Anthropic one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import {
  CACHED_TOKENS,
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

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi" },
];
const Place = z.object({ city: z.string(), unit: z.string() });
const open = (apiKey) => new OpenAI({ baseURL: `${URL}/v1`, apiKey, maxRetries: 0 });
const client = open(KEY);

for (const provider of ["openai", "anthropic"]) {
  describe(`chat completions of ${provider}`, () => {
    const weather = { type: "function", function: { name: "get_weather", parameters: WEATHER_SCHEMA } };
    const create = async (model, more) =>
      client.chat.completions.create({ model: await deploy(provider, model), messages, ...more });

    test("whole", async () => {
      const { choices, usage } = await create("plain");
      assert.equal(choices[0].message.content, REPLY_TEXT);
      assert.equal(choices[0].finish_reason, "stop");
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [INPUT_TOKENS, OUTPUT_TOKENS]);
      assert.equal(usage.prompt_tokens_details.cached_tokens, CACHED_TOKENS);
    });

    test("streamed", async () => {
      const chunks = await collect(await create("plain", { stream: true, stream_options: { include_usage: true } }));
      assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), REPLY_TEXT);
      assert.equal(chunks.at(-2).choices[0].finish_reason, "stop");
      assert.equal(chunks.at(-1).usage.completion_tokens, OUTPUT_TOKENS);
    });

    test("the SDK runs a tool by itself", async () => {
      const asked = [];
      const runnable = {
        type: "function",
        function: {
          name: "get_weather",
          parameters: WEATHER_SCHEMA,
          parse: JSON.parse,
          function: (input) => {
            asked.push(input);
            return "22 degrees";
          },
        },
      };
      const model = await deploy(provider, "fake-tool");
      for (const stream of [false, true]) {
        const runner = client.chat.completions.runTools({ model, messages, tools: [runnable], stream });
        assert.equal(await runner.finalContent(), REPLY_TEXT);
      }
      assert.deepEqual(asked, [TOOL_ARGUMENTS, TOOL_ARGUMENTS]);
    });

    test("a tool call and its result", async () => {
      const first = await create("fake-tool", { tools: [weather] });
      const { message } = first.choices[0];
      assert.equal(first.choices[0].finish_reason, "tool_calls");
      assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), TOOL_ARGUMENTS);
      const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "22 degrees" };
      const final = await create("fake-tool", { tools: [weather], messages: [...messages, message, result] });
      assert.equal(final.choices[0].message.content, REPLY_TEXT);
    });

    test("structured output", async () => {
      const model = await deploy(provider, "fake-json");
      const response_format = zodResponseFormat(Place, "place");
      const whole = await client.chat.completions.parse({ model, messages, response_format });
      assert.deepEqual(whole.choices[0].message.parsed, TOOL_ARGUMENTS);
      const streamed = client.chat.completions.stream({ model, messages, response_format });
      assert.deepEqual((await streamed.finalChatCompletion()).choices[0].message.parsed, TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const content = [
        { type: "text", text: "What is it?" },
        { type: "image_url", image_url: { url: IMAGE_URL } },
      ];
      await create("sees-node-chat", { messages: [{ role: "user", content }] });
      await imageArrived(provider, "sees-node-chat");
    });

    for (const [status, kind] of [
      [400, OpenAI.BadRequestError],
      [404, OpenAI.NotFoundError],
      [429, OpenAI.RateLimitError],
      [500, OpenAI.InternalServerError],
    ]) {
      test(`a ${status} is a ${kind.name}`, async () => {
        for (const stream of [false, true]) {
          await assert.rejects(create(`fake-${status}`, { stream }), (error) => {
            assert.ok(error instanceof kind, `${error}`);
            assert.equal(error.status, status);
            assert.ok(error.requestID && error.type);
            return true;
          });
        }
      });
    }

    test("a stream that was cut does not look finished", async () => {
      for (const model of ["fake-cut", "fake-error-midstream"]) {
        const reasons = [];
        const read = async () => {
          for await (const chunk of await create(model, { stream: true })) reasons.push(chunk.choices[0].finish_reason);
        };
        await assert.rejects(read());
        assert.deepEqual(reasons.filter(Boolean), []);
      }
    });
  });

  describe(`responses of ${provider}`, () => {
    const weather = { type: "function", name: "get_weather", parameters: WEATHER_SCHEMA, strict: false };
    const create = async (model, more) =>
      client.responses.create({ model: await deploy(provider, model), input: "Hi", ...more });

    test("whole", async () => {
      const response = await create("plain", { instructions: "Be brief." });
      assert.equal(response.output_text, REPLY_TEXT);
      assert.deepEqual([response.usage.input_tokens, response.usage.output_tokens], [INPUT_TOKENS, OUTPUT_TOKENS]);
    });

    test("streamed", async () => {
      const stream = client.responses.stream({ model: await deploy(provider, "plain"), input: "Hi" });
      const said = (await collect(stream)).filter((event) => event.type === "response.output_text.delta");
      assert.equal(said.map((event) => event.delta).join(""), REPLY_TEXT);
      assert.equal((await stream.finalResponse()).output_text, REPLY_TEXT);
    });

    test("a tool call and its result", async () => {
      const first = await create("fake-tool", { tools: [weather] });
      const call = first.output.find((item) => item.type === "function_call");
      assert.deepEqual(JSON.parse(call.arguments), TOOL_ARGUMENTS);
      const result = { type: "function_call_output", call_id: call.call_id, output: "22 degrees" };
      const input = [{ role: "user", content: "Hi" }, ...first.output, result];
      assert.equal((await create("fake-tool", { tools: [weather], input })).output_text, REPLY_TEXT);
    });

    test("structured output", async () => {
      const model = await deploy(provider, "fake-json");
      const text = { format: zodTextFormat(Place, "place") };
      const response = await client.responses.parse({ model, input: "Hi", text });
      assert.deepEqual(response.output_parsed, TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const content = [
        { type: "input_text", text: "What is it?" },
        { type: "input_image", image_url: IMAGE_URL, detail: "auto" },
      ];
      await create("sees-node-responses", { input: [{ role: "user", content }] });
      await imageArrived(provider, "sees-node-responses");
    });

    test("errors", async () => {
      await assert.rejects(create("fake-429"), OpenAI.RateLimitError);
      await assert.rejects(create("fake-404"), OpenAI.NotFoundError);
    });
  });
}

test("a wrong key, and a model that there is not", async () => {
  const ask = (client, model) => client.chat.completions.create({ model, messages });
  await assert.rejects(ask(open("sk-wrong"), "demo"), OpenAI.AuthenticationError);
  await assert.rejects(ask(client, "no-such-model"), OpenAI.NotFoundError);
});

test("models", async () => {
  const group = await deploy("openai", "plain");
  assert.ok((await collect(client.models.list())).some(({ id }) => id === group));
});
