// The official `@google/genai` SDK, to a Gemini upstream, an OpenAI one and an Anthropic one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApiError, FinishReason, GoogleGenAI } from "@google/genai";
import {
  CACHED_TOKENS,
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

const tools = [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: WEATHER_SCHEMA }] }];
const open = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: URL } });
const client = open(KEY);

for (const provider of ["gemini", "openai", "anthropic"]) {
  describe(`content of ${provider}`, () => {
    const given = async (model, config, contents = "Hi") => ({
      model: await deploy(provider, model),
      contents,
      config,
    });
    const generate = async (...wanted) => client.models.generateContent(await given(...wanted));
    const stream = async (...wanted) => client.models.generateContentStream(await given(...wanted));

    test("whole", async () => {
      const response = await generate("plain", { systemInstruction: "Be brief." });
      assert.equal(response.text, REPLY_TEXT);
      assert.equal(response.candidates[0].finishReason, FinishReason.STOP);
      const { promptTokenCount, cachedContentTokenCount, totalTokenCount } = response.usageMetadata;
      assert.deepEqual(
        [promptTokenCount, cachedContentTokenCount, totalTokenCount],
        [INPUT_TOKENS, CACHED_TOKENS, INPUT_TOKENS + OUTPUT_TOKENS],
      );
    });

    test("streamed", async () => {
      const chunks = await collect(await stream("plain"));
      assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), REPLY_TEXT);
      assert.equal(chunks.at(-1).candidates[0].finishReason, FinishReason.STOP);
      assert.equal(chunks.at(-1).usageMetadata.totalTokenCount, INPUT_TOKENS + OUTPUT_TOKENS);
    });

    test("a tool call and its result", async () => {
      const first = await generate("fake-tool", { tools });
      const [call] = first.functionCalls;
      assert.deepEqual([call.name, call.args], ["get_weather", TOOL_ARGUMENTS]);
      const functionResponse = { id: call.id, name: call.name, response: { output: "22 degrees" } };
      const final = await generate("fake-tool", { tools }, [
        { role: "user", parts: [{ text: "Hi" }] },
        first.candidates[0].content,
        { role: "user", parts: [{ functionResponse }] },
      ]);
      assert.equal(final.text, REPLY_TEXT);
    });

    test("a tool call in a stream", async () => {
      const chunks = await collect(await stream("fake-tool", { tools }));
      const calls = chunks.flatMap((chunk) => chunk.functionCalls ?? []);
      assert.deepEqual(
        calls.map(({ name, args }) => [name, args]),
        [["get_weather", TOOL_ARGUMENTS]],
      );
    });

    test("structured output", async () => {
      const config = { responseMimeType: "application/json", responseJsonSchema: WEATHER_SCHEMA };
      assert.deepEqual(JSON.parse((await generate("fake-json", config)).text), TOOL_ARGUMENTS);
    });

    test("an image", async () => {
      const image = { inlineData: { mimeType: "image/png", data: IMAGE_BASE64 } };
      await generate("sees-node-google", undefined, ["What is it?", image]);
      await imageArrived(provider, "sees-node-google");
    });

    test("errors", async () => {
      for (const status of [400, 404, 429, 500, 503]) {
        for (const ask of [generate, stream]) {
          await assert.rejects(ask(`fake-${status}`), (error) => error instanceof ApiError && error.status === status);
        }
      }
    });

    test("a stream that was cut does not look finished", async () => {
      await assert.rejects(async () => collect(await stream("fake-cut")));
    });
  });
}

test("a wrong key, and a model that there is not", async () => {
  const ask = (client, model) => client.models.generateContent({ model, contents: "Hi" });
  await assert.rejects(ask(open("sk-wrong"), "demo"), (error) => error instanceof ApiError && error.status === 401);
  await assert.rejects(ask(client, "no-such-model"), (error) => error instanceof ApiError && error.status === 404);
});

test("models, and tokens that are counted", async () => {
  const group = await deploy("gemini", "plain");
  const listed = await collect(await client.models.list({ config: { queryBase: true } }));
  assert.ok(listed.some(({ name }) => name === `models/${group}`));
  assert.ok((await client.models.countTokens({ model: group, contents: "Hi" })).totalTokens > 0);
});
