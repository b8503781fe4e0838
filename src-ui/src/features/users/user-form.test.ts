import { expect, test } from "vitest";
import { noUser, userChange, userDraft } from "./user-form";

test("a new user comes with what was said, and without a key", () => {
  const { draft, problems } = userDraft({ ...noUser(), user_email: " jo@example.com ", teams: ["t1"] }, true);
  expect(problems).toEqual({});
  expect(draft).toEqual({
    user_email: "jo@example.com",
    user_role: "internal_user",
    teams: ["t1"],
    auto_create_key: false,
    send_invite_email: true,
  });
});

test("nobody is made without something to know them by", () =>
  expect(userDraft(noUser(), false).problems.user_email).toMatch(/\w/));

test("only what differs is sent", () => {
  const before = { ...noUser(), user_email: "jo@example.com", user_alias: "Jo" };
  expect(userChange(before, before).change).toEqual({});
  expect(userChange({ ...before, user_alias: "", user_role: "proxy_admin" }, before).change).toEqual({
    user_alias: null,
    user_role: "proxy_admin",
  });
});
