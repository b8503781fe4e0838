import { expect, test } from "vitest";
import { aliasDraft, aliasesOf, noAlias } from "./aliases";
import { keptWithin, metadataText, readMetadata, words } from "./notes";

test("aliases are read and written, and empty lines say nothing", () => {
  const lines = aliasesOf({ fast: "demo", smart: "openai/gpt-5" });
  expect(aliasDraft([...lines, noAlias()], {})).toEqual({ fast: "demo", smart: "openai/gpt-5" });
  expect(aliasesOf(null)).toEqual([]);
});

test("an alias needs a name of its own and a model", () => {
  const problems: Record<string, string> = {};
  const line = (name: string, model: string) => ({ name, model });
  aliasDraft([line("a", "demo"), line(" a ", "demo"), line("", "demo"), line("b", "")], problems);
  expect(Object.keys(problems).sort()).toEqual(["aliases.1.name", "aliases.2.name", "aliases.3.model"]);
});

test("metadata is shown without what has fields of its own, which is kept where it is replaced", () => {
  const metadata = { tags: ["a"], enforced_params: ["user"], model_rpm_limit: { demo: 1 }, project: "atlas" };
  expect(JSON.parse(metadataText(metadata))).toEqual({ project: "atlas" });
  expect(metadataText({ tags: ["a"] })).toBe("");
  expect(keptWithin(metadata)).toEqual({ tags: ["a"], enforced_params: ["user"] });
});

test("metadata is an object, and what is none says where it goes wrong", () => {
  expect(readMetadata(" ")).toEqual({ value: {} });
  expect(readMetadata('{"a": 1}')).toEqual({ value: { a: 1 } });
  expect(readMetadata("[1]").problem).toMatch(/object/);
  expect(readMetadata('{\n  "a": 1,\n  b: 2\n}').problem).toMatch(/line 3/);
});

test("words are told apart by commas and lines, each once", () => {
  expect(words("a, b\nc,, a ")).toEqual(["a", "b", "c"]);
});
