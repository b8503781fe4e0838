import { expect, test } from "vitest";
import { type Conversation, readAnswer, readRequest } from "./conversation";

const brief = (conversation: Conversation | null) =>
  conversation?.turns.map(({ role, parts }) => [role, ...parts.map(({ kind, name, text }) => [kind, name, text])]);
const request = (body: unknown) => brief(readRequest(JSON.stringify(body)));
const answer = (body: unknown) => brief(readAnswer(JSON.stringify(body)));

test("OpenAI's chat", () => {
  const body = {
    tools: [{ type: "function", function: { name: "grep" } }],
    messages: [
      { role: "developer", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Hi" },
          { type: "image_url", image_url: { url: "data:" } },
        ],
      },
      { role: "assistant", content: null, tool_calls: [{ function: { name: "grep", arguments: '{"a":1}' } }] },
      { role: "tool", tool_call_id: "1", content: "found" },
    ],
  };
  const turns = request(body);
  expect(turns?.[0]).toEqual(["system", ["text", null, "Be brief."]]);
  expect(turns?.[1]?.[2]?.slice(0, 2)).toEqual(["other", "image"]);
  expect(turns?.[2]).toEqual(["assistant", ["call", "grep", '{\n  "a": 1\n}']]);
  expect(turns?.[3]).toEqual(["tool", ["result", null, "found"]]);
  expect(readRequest(JSON.stringify(body))?.tools).toEqual(["grep"]);
  expect(answer({ choices: [{ message: { role: "assistant", content: "Yes" } }] })).toEqual([
    ["assistant", ["text", null, "Yes"]],
  ]);
});

test("Anthropic's messages", () => {
  expect(
    request({
      system: [{ type: "text", text: "Be brief." }],
      messages: [
        { role: "assistant", content: [{ type: "tool_use", name: "grep", input: { a: 1 } }] },
        { role: "user", content: [{ type: "tool_result", content: [{ type: "text", text: "found" }] }] },
      ],
    }),
  ).toEqual([
    ["system", ["text", null, "Be brief."]],
    ["assistant", ["call", "grep", '{\n  "a": 1\n}']],
    ["tool", ["result", null, "found"]],
  ]);
  expect(
    answer({
      content: [
        { type: "thinking", thinking: "Hm" },
        { type: "text", text: "Yes" },
      ],
    }),
  ).toEqual([["assistant", ["thinking", null, "Hm"], ["text", null, "Yes"]]]);
});

test("OpenAI's responses, where items stand beside each other", () => {
  expect(request({ instructions: "Be brief.", input: "Hi" })).toEqual([
    ["system", ["text", null, "Be brief."]],
    ["user", ["text", null, "Hi"]],
  ]);
  expect(
    answer({
      output: [
        { type: "reasoning", summary: [{ type: "summary_text", text: "Hm" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Yes" }] },
        { type: "function_call", name: "grep", arguments: "{}" },
      ],
    }),
  ).toEqual([["assistant", ["thinking", null, "Hm"], ["text", null, "Yes"], ["call", "grep", "{}"]]]);
});

test("Gemini, Bedrock and Ollama", () => {
  expect(
    request({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [
        { role: "user", parts: [{ text: "Hi" }] },
        { role: "model", parts: [{ functionCall: { name: "grep", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "grep", response: "found" } }] },
      ],
    }),
  ).toEqual([
    ["system", ["text", null, "Be brief."]],
    ["user", ["text", null, "Hi"]],
    ["assistant", ["call", "grep", "{}"]],
    ["tool", ["result", "grep", "found"]],
  ]);
  expect(answer({ candidates: [{ content: { role: "model", parts: [{ text: "Yes" }] } }] })).toEqual([
    ["assistant", ["text", null, "Yes"]],
  ]);
  expect(answer({ output: { message: { role: "assistant", content: [{ text: "Yes" }] } } })).toEqual([
    ["assistant", ["text", null, "Yes"]],
  ]);
  expect(answer({ message: { role: "assistant", content: "Yes" }, done: true })).toEqual([
    ["assistant", ["text", null, "Yes"]],
  ]);
});

test("what was cut, or is something else, is no conversation", () => {
  expect(readRequest('{"messages":[{"role":"us')).toBeNull();
  expect(readRequest('{"documents":[]}')).toBeNull();
  expect(readAnswer('[{"embedding":[1]}]')).toBeNull();
});
