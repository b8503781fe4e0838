import { expect, test } from "vitest";
import { setSeen, unseenOf } from "./alerts";
import type { AlertPage } from "./contract";

const page = (ids: string[], next: string | null = null) =>
  ({ alerts: ids.map((id) => ({ id })), next }) as unknown as AlertPage;

test("those that are newer than the last seen count, and a whole page of them may not be all", () => {
  expect(unseenOf(page(["3", "2", "1"]), "2")).toEqual({ count: 1, word: "1" });
  expect(unseenOf(page(["3", "2", "1"]), "3").count).toBe(0);
  expect(unseenOf(page(["3", "2"], "2"), "1").word).toBe("2+");
  expect(unseenOf(null, "").count).toBe(0);
});

test("what was seen is never unseen again", () => {
  setSeen("5");
  setSeen("4");
  expect(localStorage.getItem("postern.alerts.seen")).toBe("5");
});
