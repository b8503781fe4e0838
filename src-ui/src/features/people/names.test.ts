import { expect, test } from "vitest";
import { named, personName, personNote, roleName } from "./names";

test("people go by their alias, else their address, else their id", () => {
  expect(personName({ user_id: "u1", user_email: "jo@example.com", user_alias: "Jo" })).toBe("Jo");
  expect(personNote({ user_id: "u1", user_email: "jo@example.com", user_alias: "Jo" })).toBe("jo@example.com");
  expect(personName({ user_id: "u1", user_email: "jo@example.com", user_alias: null })).toBe("jo@example.com");
  expect(personNote({ user_id: "u1", user_email: "jo@example.com", user_alias: null })).toBe("u1");
  expect(personNote({ user_id: "u1", user_email: null, user_alias: "" })).toBeNull();
});

test("somebody is named by an address or by an id", () => {
  expect(named(" jo@example.com ")).toEqual({ user_email: "jo@example.com" });
  expect(named("jo")).toEqual({ user_id: "jo" });
});

test("an unknown role is shown as it is", () => {
  expect(roleName("proxy_admin")).toBe("Administrator");
  expect(roleName("night_watch")).toBe("night watch");
});
