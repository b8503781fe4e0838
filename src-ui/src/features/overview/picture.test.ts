import { expect, test } from "vitest";
import { picture, pictureUrl } from "./picture";
import type { Bucket, Series } from "./series";

const names = ["a & b", '<script>alert("x")</script>', "half \ud800 pair\u0007", "n".repeat(90)];
const series = names.map((label, colour): Series => ({ id: label, label, colour, total: 2e9, hidden: false }));
const buckets = [0, 1, 2].map(
  (start): Bucket => ({ start, end: start + 1, values: [1, 2, 3, 4], total: 10, before: 5 }),
);

const svg = picture({
  title: "Spend by model",
  period: "November 21 – 27",
  facts: ["▲ 12% vs the 7 days before", "340 requests"],
  data: { series, buckets, total: 10 },
  metric: "spend",
  words: { value: String, slot: (start) => `day ${start}` },
  against: "the 7 days before",
  dark: false,
});

test("whatever groups are called, the picture is well-formed", () => {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(parsed.querySelector("parsererror")).toBeNull();
  expect(svg).toContain("a &#38; b");
  expect(svg).not.toContain("<script");
  expect(() => pictureUrl(svg)).not.toThrow();
});

test("nothing is fetched for it, and long names end in time", () => {
  expect(svg).not.toMatch(/href|url\(|@import|<image|foreignObject/);
  expect(svg).toContain(`${"n".repeat(33)}…`);
});
