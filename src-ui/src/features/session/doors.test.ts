import { expect, test } from "vitest";
import { doorOf } from "./doors";
import { accountOf } from "./password-form";

test("an invitation's link and the way back from a sign-in are told apart from pages", () => {
  expect(doorOf("#/invitation/inv-a_b")).toEqual({ kind: "invitation", id: "inv-a_b" });
  expect(doorOf("#/invitation/%2E%2E%2Fx")).toEqual({ kind: "invitation", id: "../x" });
  expect(doorOf("#/signed-in?code=c1&to=%2Fkeys")).toEqual({ kind: "signed-in", code: "c1", to: "/keys" });
  expect(doorOf("#/keys?issue=true")).toBeNull();
  expect(doorOf("")).toBeNull();
});

test.each(["https://evil.example", "//evil.example", "/keys?x=1", "javascript:alert(1)"])(
  "a sign-in does not lead on to %s",
  (to) => expect(doorOf(`#/signed-in?code=c&to=${encodeURIComponent(to)}`)).toMatchObject({ to: "/" }),
);

test("an account is an e-mail address or a user's id", () => {
  expect(accountOf("jo@example.com")).toEqual({ email: "jo@example.com" });
  expect(accountOf("jo")).toEqual({ user_id: "jo" });
});
