import { expect, test } from "vitest";
import { exportPath, firstIdAt } from "./routes";

test("a span's end is the smallest id of its moment", () => {
  const at = Date.parse("2026-11-26T00:00:00Z");
  expect(firstIdAt(at)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7000-8000-000000000000$/);
  expect(Number.parseInt(firstIdAt(at).replaceAll("-", "").slice(0, 12), 16)).toBe(at);
  expect(firstIdAt(at) < firstIdAt(at + 1)).toBe(true);
});

test("a file is asked for with the list's own filter", () => {
  expect(exportPath("csv", { client: "a b", status: "ok" })).toBe(
    "/console/requests/export?format=csv&client=a+b&status=ok",
  );
  expect(exportPath("jsonl", { from: 1, to: 2 })).toBe(`/console/requests/export?format=jsonl&before=${firstIdAt(2)}`);
});
