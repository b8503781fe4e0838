import { expect, test } from "vitest";
import type { Preset } from "@/api/contract";
import { listPresets } from "./presets";
import { servedLine } from "./served";

const preset = (id: string, group: Preset["group"], more: Partial<Preset> = {}): Preset => ({
  id,
  label: id,
  group,
  description: "",
  format: "openai_chat",
  base_url: "",
  needs_key: true,
  local: group === "local",
  key_url: null,
  aliases: [],
  key_env: [],
  docs_url: null,
  key_hint: null,
  settings: [],
  serves: ["chat"],
  ...more,
});
const PRESETS = [
  preset("openai", "popular", { label: "OpenAI" }),
  preset("sagemaker", "cloud", { label: "AWS SageMaker", description: "Endpoints that speak OpenAI's chat format" }),
  preset("azure", "cloud", { label: "Azure OpenAI" }),
  preset("voyage", "cloud", { label: "Voyage AI", serves: ["embeddings", "rerank"] }),
  preset("ai21", "cloud", { label: "AI21 Labs" }),
  preset("openai-compatible", "generic", { label: "OpenAI-compatible" }),
  preset("ollama", "local", { label: "Ollama" }),
];
const ids = (query: string) => listPresets(PRESETS, query).map((group) => group.presets.map(({ id }) => id));

test("the long group comes last and by name", () => {
  expect(ids("")).toEqual([["openai"], ["ollama"], ["openai-compatible"], ["ai21", "sagemaker", "azure", "voyage"]]);
});

test("a search ranks names before descriptions", () => {
  expect(ids("openai")).toEqual([["openai", "openai-compatible", "azure", "sagemaker"]]);
  expect(ids(" AWS  sage")).toEqual([["sagemaker"]]);
});

test("a search also finds what is served", () => {
  expect(ids("rerank")).toEqual([["voyage"]]);
  expect(ids("nothing of the kind")).toEqual([]);
});

test("what is served fits a line", () => {
  expect(servedLine(["chat", "responses", "fine_tuning"])).toBe("chat · responses · fine-tuning");
  expect(servedLine(["chat", "responses", "embeddings", "images"], 30)).toBe("chat · responses +2");
  expect(servedLine(["chat", "responses", "images"], 30)).toBe("chat · responses · images");
  expect(servedLine(["transcriptions"], 5)).toBe("transcriptions");
});
