// The official `ollama` SDK, to an Ollama upstream, an OpenAI one and an Anthropic one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ollama } from "ollama";
import {
  collect,
  deploy,
  IMAGE_BASE64,
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
const open = (key) => new Ollama({ host: URL, headers: { Authorization: `Bearer ${key}` } });
const client = open(KEY);
const isResponseError = (status) => (error) => {
  assert.equal(error.name, "ResponseError", `${error}`);
  assert.equal(error.status_code, status);
  return true;
};

for (const provider of ["ollama", "openai", "anthropic"]) {
  describe(`chat of ${provider}`, () => {
    const chat = async (model, more) => client.chat({ model: await deploy(provider, model), messages, ...more });
    const stream = async (model, more) => collect(await chat(model, { stream: true, ...more }));
    const isEnd = ({ done, done_reason, prompt_eval_count, eval_count }) =>
      assert.deepEqual([done, done_reason, prompt_eval_count, eval_count], [true, "stop", INPUT_TOKENS, OUTPUT_TOKENS]);

    test("whole", async () => {
      const response = await chat("plain", { options: { temperature: 0.5 } });
      assert.equal(response.message.content, REPLY_TEXT);
      isEnd(response);
    });

    test("streamed", async () => {
      const chunks = await stream("plain");
      assert.equal(chunks.map(({ message }) => message.content).join(""), REPLY_TEXT);
      isEnd(chunks.at(-1));
    });

    test("one prompt", async () => {
      const given = { model: await deploy(provider, "plain"), prompt: "Hi", system: "Be brief." };
      assert.equal((await client.generate(given)).response, REPLY_TEXT);
      const chunks = await collect(await client.generate({ ...given, stream: true }));
      assert.equal(chunks.map(({ response }) => response).join(""), REPLY_TEXT);
      isEnd(chunks.at(-1));
    });

    test("a tool call and its result", async () => {
      for (const message of [
        (await chat("fake-tool", { tools })).message,
        (await stream("fake-tool", { tools })).map(({ message }) => message).find(({ tool_calls }) => tool_calls),
      ]) {
        const [call] = message.tool_calls;
        assert.deepEqual([call.function.name, call.function.arguments], ["get_weather", TOOL_ARGUMENTS]);
        const result = { role: "tool", tool_name: call.function.name, content: "22 degrees" };
        const final = await chat("fake-tool", { tools, messages: [...messages, message, result] });
        assert.equal(final.message.content, REPLY_TEXT);
      }
    });

    test("structured output", async () => {
      const { message } = await chat("fake-json", { format: WEATHER_SCHEMA });
      assert.deepEqual(JSON.parse(message.content), TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const turn = { role: "user", content: "What is it?", images: [IMAGE_BASE64] };
      await chat("sees-node-ollama", { messages: [turn] });
      await imageArrived(provider, "sees-node-ollama");
    });

    test("errors", async () => {
      for (const status of [400, 404, 429, 500]) {
        await assert.rejects(chat(`fake-${status}`), isResponseError(status));
        await assert.rejects(stream(`fake-${status}`), isResponseError(status));
      }
    });

    test("a stream that was cut does not look finished", async () => {
      await assert.rejects(stream("fake-cut"));
    });
  });
}

test("models, what one can do, embeddings, and the version", async () => {
  const group = await deploy("openai", "plain");
  assert.ok((await client.list()).models.some(({ model }) => model === group));
  assert.ok((await client.show({ model: group })).capabilities.includes("completion"));
  const embedding = await deploy("openai", "text-embedding-3-small");
  assert.deepEqual((await client.embed({ model: embedding, input: "Hi" })).embeddings, [[0.25, -0.5]]);
  assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/);
});

test("a wrong key, and a model that there is not", async () => {
  await assert.rejects(open("sk-wrong").chat({ model: "demo", messages }), isResponseError(401));
  await assert.rejects(client.chat({ model: "no-such-model", messages }), isResponseError(404));
});
