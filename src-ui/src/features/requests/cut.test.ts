import { expect, test } from "vitest";
import { cutBefore } from "./cut";

const FROM = Date.parse("2026-11-20T00:00:00Z");

async function cut(text: string, format: "csv" | "jsonl", size: number) {
  const chunks = new ReadableStream<string>({
    start(out) {
      for (let at = 0; at < text.length; at += size) out.enqueue(text.slice(at, at + size));
      out.close();
    },
  });
  let kept = "";
  const reader = chunks.pipeThrough(cutBefore(FROM, format)).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) kept += part.value;
  return kept;
}

const HEAD = "time,id,error_message\n";
const INSIDE = '2026-11-21T10:00:00Z,1,"it ""broke""\n2019-01-01T00:00:00Z,in the middle"\n2026-11-20T00:00:00Z,2,\n';
const OLDER = "2026-11-19T23:59:59.999Z,3,\n2026-11-18T00:00:00Z,4,\n";

test("a table ends before the first older request, however it is chunked", async () => {
  for (const size of [1, 7, 40, 1000]) expect(await cut(HEAD + INSIDE + OLDER, "csv", size)).toBe(HEAD + INSIDE);
});

test("lines of JSON end there, too, and a file without older ones stays whole", async () => {
  const line = (time: string) => `${JSON.stringify({ time, id: "1" })}\n`;
  const inside = line("2026-11-21T10:00:00Z");
  expect(await cut(inside + line("2026-11-19T10:00:00Z"), "jsonl", 9)).toBe(inside);
  expect(await cut(HEAD + INSIDE, "csv", 11)).toBe(HEAD + INSIDE);
});
