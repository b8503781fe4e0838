import { expect, test } from "vitest";
import { ApiError } from "@/api/http";
import { fieldErrors } from "./field-errors";

const refused = (message: string, param: string | null) => new ApiError(400, message, "invalid", null, param);
const FIELDS = ["name", "api_key", "settings.region"];

test.each([
  ["settings.region", "Region must be letters, digits or '-'", "Region must be letters, digits or '-'."],
  ["api_key", "api_key must be one JSON object", "It must be one JSON object."],
  ["api_key", "api_key: it begins like JSON and is none", "It begins like JSON and is none."],
  ["name", "there is a provider named x already", "There is a provider named x already."],
])("a refusal of %s stands at its field", (param, message, shown) => {
  const errors = fieldErrors(refused(message, param), FIELDS);
  expect(errors.at(param)).toBe(shown);
  expect(errors.rest).toBeNull();
});

test("what is about no field of the form is the form's", () => {
  for (const error of [refused("no", null), refused("no", "preset"), new Error("no")]) {
    const errors = fieldErrors(error, FIELDS);
    expect(FIELDS.map(errors.at)).toEqual([null, null, null]);
    expect(errors.rest).toBe(error);
  }
  expect(fieldErrors(null, FIELDS).rest).toBeNull();
});

test("a value that is named with the member is not said again beside its field", () => {
  const error = new ApiError(
    400,
    "max_budget=900 of the team is more than its organization has: 500",
    null,
    null,
    "max_budget",
  );
  expect(fieldErrors(error, ["max_budget"]).at("max_budget")).toBe("It is more than its organization has: 500.");
});
