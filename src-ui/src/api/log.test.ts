import { expect, test } from "vitest";
import { exportPath } from "./log";

test("a file is asked for with the list's own filter", () => {
  expect(exportPath("csv", { client: "a b", status: "ok" })).toBe(
    "/console/requests/export?format=csv&client=a+b&status=ok",
  );
  expect(exportPath("jsonl", { from: 1, to: 2, unpriced: true, tag: undefined })).toBe(
    "/console/requests/export?format=jsonl&from=1&to=2&unpriced=true",
  );
});
