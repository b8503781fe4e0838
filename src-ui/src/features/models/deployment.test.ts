import { expect, test } from "vitest";
import { draftOf, formOf, ordered, shown } from "./deployment";

const stored = {
  model_name: "smart",
  litellm_params: { model: "openai/gpt-5", rpm: 60, tags: ["eu"], weight: 2 },
  model_info: { id: "d-1", db_model: true, access_groups: ["beta"], team_id: "t" },
};
const ofFile = { ...stored, model_name: "fast", model_info: { id: "config-0-fast", db_model: false } };

test("what a form says of a new deployment", () => {
  const { draft, problems } = draftOf({
    ...formOf(),
    model_name: " smart ",
    model: "openai/gpt-5",
    api_key: "sk-1",
    rpm: "1,000",
    access_groups: "beta, beta",
    team_id: "t",
  });
  expect(problems).toEqual({});
  expect(draft).toEqual({
    model_name: "smart",
    litellm_params: { model: "openai/gpt-5", api_key: "sk-1", rpm: 1000 },
    model_info: { access_groups: ["beta"], team_id: "t" },
  });
});

test("of one that is there only what differs is sent, null for what is taken away", () => {
  const row = shown(stored);
  expect(draftOf(formOf(row), row)).toEqual({ draft: {}, problems: {} });
  expect(draftOf({ ...formOf(row), rpm: "", tags: "", weight: "3", access_groups: "" }, row).draft).toEqual({
    litellm_params: { rpm: null, tags: null, weight: 3 },
    model_info: { access_groups: null },
  });
});

test.each([
  ["model_name", { model_name: " " }],
  ["litellm_params.model", { model: "" }],
  ["litellm_params.rpm", { rpm: "many" }],
] as const)("%s is checked", (field, change) =>
  expect(draftOf({ ...formOf(shown(stored)), ...change }).problems[field]).toMatch(/\w/),
);

test("those of the file and the built-in one are told apart from those that can be changed", () => {
  expect(shown(stored).readOnly).toBeNull();
  expect(shown(ofFile).readOnly).toBe("file");
  expect(shown({ ...ofFile, litellm_params: { model: "demo/demo" } }).readOnly).toBe("built_in");
});

test("groups are in order of name, and every word has to occur", () => {
  expect(ordered([stored, ofFile], "").map(({ group }) => group)).toEqual(["fast", "smart"]);
  expect(ordered([stored, ofFile], "smart eu").map(({ id }) => id)).toEqual(["d-1"]);
  expect(ordered([stored, ofFile], "nothing")).toEqual([]);
});
