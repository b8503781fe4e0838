import { expect, test } from "vitest";
import type { CatalogueModel, Provider } from "@/api/contract";
import { choices, filterModels, findModel, listed, NATURAL, parseSort, sortModels, sortText } from "./filter";

const model = (id: string, provider: string, more: Partial<CatalogueModel> = {}): CatalogueModel => ({
  id,
  provider,
  mode: "chat",
  context: null,
  max_output: null,
  capabilities: [],
  prices: {},
  tiers: [],
  deprecates: null,
  source: "test",
  source_version: "1",
  available: false,
  overridden: false,
  ...more,
});

const models = listed([
  model("gpt-5", "openai", { prices: { input: 1_250_000 }, capabilities: ["tools", "vision"], available: true }),
  model("openrouter/meta/llama", "openrouter", { prices: { input: 0 }, capabilities: ["tools"] }),
  model("text-embed", "openai", { mode: "embedding", context: 8192 }),
]);
const names = (list: typeof models) => list.map((entry) => entry.name);

test("a name has its provider once", () =>
  expect(names(models)).toEqual(["openai/gpt-5", "openrouter/meta/llama", "openai/text-embed"]));

test("all words, in any order, in any case", () => {
  expect(names(filterModels(models, { q: "5 OPENAI" }))).toEqual(["openai/gpt-5"]);
  expect(filterModels(models, { q: "nothing" })).toEqual([]);
});

test("provider, mode, capability and availability narrow together", () => {
  expect(names(filterModels(models, { provider: "openai", mode: "embedding" }))).toEqual(["openai/text-embed"]);
  expect(names(filterModels(models, { can: "tools,vision" }))).toEqual(["openai/gpt-5"]);
  expect(names(filterModels(models, { mine: true }))).toEqual(["openai/gpt-5"]);
});

test("a provider's own name finds its kind's models", () => {
  const providers = [{ name: "work", preset: "openai" }] as Provider[];
  expect(findModel(models, "work/gpt-5", providers)?.name).toBe("openai/gpt-5");
  expect(findModel(models, "openai/gpt-5")?.name).toBe("openai/gpt-5");
  expect(findModel(models, "home/gpt-5", providers)).toBeUndefined();
});

test("an unpriced model is last whether the cheapest or the dearest come first", () => {
  expect(names(sortModels(models, { by: "input", descending: false })).at(-1)).toBe("openai/text-embed");
  expect(names(sortModels(models, { by: "input", descending: true }))).toEqual([
    "openai/gpt-5",
    "openrouter/meta/llama",
    "openai/text-embed",
  ]);
});

test("what can be called comes first, then what is for chat", () =>
  expect(names(sortModels(models, NATURAL))).toEqual(["openai/gpt-5", "openrouter/meta/llama", "openai/text-embed"]));

test("the order survives the address bar", () => {
  expect(parseSort(sortText({ by: "input", descending: true }))).toEqual({ by: "input", descending: true });
  expect(parseSort("nonsense")).toEqual(NATURAL);
  expect(sortText(NATURAL)).toBeUndefined();
});

test("choices count what occurs", () =>
  expect(choices(["b", "a", "a"], (v) => v.toUpperCase())).toEqual([
    { value: "a", label: "A", note: "2" },
    { value: "b", label: "B", note: "1" },
  ]));
