import { expect, test } from "vitest";
import { bytes, compact, contextSize, percent, plural } from "./numbers";

test.each([
  [0, "0"],
  [950, "950"],
  [1000, "1k"],
  [12_345, "12.3k"],
  [999_949, "1M"],
  [1_050_000, "1.05M"],
  [123_456_789, "123M"],
  [2_400_000_000, "2.4B"],
])("compact %i", (value, text) => expect(compact(value)).toBe(text));

test.each([
  [128_000, "128k"],
  [131_072, "128k"],
  [200_000, "200k"],
  [1_048_576, "1M"],
  [1_000_000, "1M"],
  [8192, "8k"],
  [512, "512"],
])("context %i", (value, text) => expect(contextSize(value)).toBe(text));

test("bytes, percent, plural", () => {
  expect(bytes(512)).toBe("512 B");
  expect(bytes(1536)).toBe("1.5 KiB");
  expect(bytes(52_428_800)).toBe("50 MiB");
  expect(percent(0.5)).toBe("50%");
  expect(percent(0.0004)).toBe("<0.1%");
  expect(plural(1, "key")).toBe("1 key");
  expect(plural(2000, "key")).toBe("2,000 keys");
});
