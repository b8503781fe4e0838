import { expect, test } from "vitest";
import { ApiError } from "@/api/http";
import { inWords, mayGo, type Use, usesOf } from "./uses";

const stored: Use = { kind: "stored_deployment", name: "id", model_group: "smart" };
const inFile: Use = { kind: "config_deployment", name: "config-0", model_group: "fixed" };
const refusal = (code: string, details: unknown) => new ApiError(409, "in use", code, null, null, details);

test("only the refusal of a provider in use names its users", () => {
  expect(usesOf(refusal("provider_in_use", { used_by: [stored] }))).toEqual([stored]);
  expect(usesOf(refusal("name_taken", { used_by: [stored] }))).toEqual([]);
  expect(usesOf(refusal("provider_in_use", null))).toEqual([]);
  expect(usesOf(new Error("lost"))).toEqual([]);
});

test("what stands in the file cannot go with it", () => {
  expect(mayGo([stored])).toBe(true);
  expect(mayGo([stored, inFile])).toBe(false);
  expect(mayGo([])).toBe(false);
});

test("each is told in words", () => {
  expect([stored, inFile].map(inWords)).toEqual([
    "A deployment of smart",
    "A deployment of fixed, in the configuration file",
  ]);
});
