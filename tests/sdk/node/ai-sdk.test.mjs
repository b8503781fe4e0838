// Vercel's AI SDK with each of its providers that speaks a format of the gateway's, to its own upstream and another.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import {
  collect,
  deploy,
  IMAGE_BASE64,
  imageArrived,
  KEY,
  OUTPUT_TOKENS,
  REPLY_TEXT,
  TOOL_ARGUMENTS,
  URL,
} from "./gateway.mjs";

const v1 = (apiKey) => ({ baseURL: `${URL}/v1`, apiKey });
const formats = {
  chat: (key) => createOpenAI(v1(key)).chat,
  responses: (key) => createOpenAI(v1(key)).responses,
  compatible: (key) => createOpenAICompatible({ name: "postern", supportsStructuredOutputs: true, ...v1(key) }),
  messages: (key) => createAnthropic(v1(key)),
  gemini: (key) => createGoogle({ baseURL: `${URL}/v1beta`, apiKey: key }),
};
const targets = {
  chat: ["openai", "anthropic"],
  responses: ["openai", "anthropic"],
  compatible: ["openai-compatible", "anthropic"],
  messages: ["anthropic", "openai"],
  gemini: ["gemini", "openai"],
};
const Place = z.object({ city: z.string(), unit: z.string() });

for (const [format, open] of Object.entries(formats)) {
  for (const provider of targets[format]) {
    describe(`${format} of ${provider}`, () => {
      const given = async (model, more) => ({
        model: open(KEY)(await deploy(provider, model)),
        prompt: "Hi",
        maxRetries: 0,
        ...more,
      });
      const weather = (asked) => ({
        get_weather: tool({
          description: "The weather of a city",
          inputSchema: Place,
          execute: async (input) => {
            asked.push(input);
            return "22 degrees";
          },
        }),
      });

      test("whole", async () => {
        const { text, finishReason, usage } = await generateText(await given("plain"));
        assert.deepEqual([text, finishReason], [REPLY_TEXT, "stop"]);
        assert.equal(usage.outputTokens, OUTPUT_TOKENS);
      });

      test("streamed", async () => {
        const result = streamText(await given("plain"));
        assert.equal((await collect(result.textStream)).join(""), REPLY_TEXT);
        assert.equal(await result.finishReason, "stop");
      });

      test("a tool is run and its result is sent", async () => {
        const asked = [];
        const wanted = await given("fake-tool", { tools: weather(asked), stopWhen: stepCountIs(3) });
        const whole = await generateText(wanted);
        assert.deepEqual([whole.text, whole.steps.length], [REPLY_TEXT, 2]);
        const streamed = streamText(wanted);
        assert.equal(await streamed.text, REPLY_TEXT);
        assert.equal((await streamed.steps).length, 2);
        assert.deepEqual(asked, [TOOL_ARGUMENTS, TOOL_ARGUMENTS]);
      });

      test("structured output", async () => {
        const { output } = await generateText(await given("fake-json", { output: Output.object({ schema: Place }) }));
        assert.deepEqual(output, TOOL_ARGUMENTS);
      });

      test("an image", async () => {
        const image = { type: "file", mediaType: "image/png", data: Buffer.from(IMAGE_BASE64, "base64") };
        const content = [{ type: "text", text: "What is it?" }, image];
        const model = `sees-node-ai-${format}`;
        await generateText(await given(model, { prompt: undefined, messages: [{ role: "user", content }] }));
        await imageArrived(provider, model);
      });

      test("errors", async () => {
        for (const status of [400, 404, 429, 500]) {
          await assert.rejects(generateText(await given(`fake-${status}`)), (error) => {
            assert.ok(APICallError.isInstance(error), `${error}`);
            assert.equal(error.statusCode, status);
            return true;
          });
        }
      });
    });
  }

  test(`a wrong key for ${format}`, async () => {
    const asked = generateText({ model: open("sk-wrong")("demo"), prompt: "Hi", maxRetries: 0 });
    await assert.rejects(asked, (error) => APICallError.isInstance(error) && error.statusCode === 401);
  });
}
