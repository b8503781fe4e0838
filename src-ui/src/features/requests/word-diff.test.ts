import { expect, test } from "vitest";
import { wordDiff } from "./word-diff";

const marked = (pieces: { text: string; same: boolean }[]) =>
  pieces.map(({ text, same }) => (same ? text : `[${text}]`)).join("");

test("words that only one has are marked, with the space between them", () => {
  const [before, after] = wordDiff("The run reads it as text, today.", "The nightly run takes it as text.")!;
  expect(marked(before)).toBe("The run [reads] it as text[, today].");
  expect(marked(after)).toBe("The [nightly ]run [takes] it as text.");
});

test("the same text has no difference, an empty one is all different", () => {
  expect(wordDiff("a b", "a b")!.map(marked)).toEqual(["a b", "a b"]);
  expect(wordDiff("", "a b")!.map(marked)).toEqual(["", "[a b]"]);
});

test("what would take too long is not compared", () => {
  const long = (word: string) => Array.from({ length: 3000 }, (_, at) => `${word}${at}`).join(" ");
  expect(wordDiff(long("a"), long("b"))).toBeNull();
});
