import { expect, test } from "vitest";
import { neighbour } from "./neighbour";

// Two groups in three columns: 0 1 2 / 3, then 4 5.
const PLACES = [
  [0, 0],
  [100, 0],
  [200, 0],
  [0, 50],
  [0, 130],
  [100, 130],
].map(([left, top]) => ({ left: left!, top: top! }));

test.each([
  [0, "ArrowRight", 1],
  [2, "ArrowRight", 3],
  [0, "ArrowLeft", 0],
  [1, "ArrowDown", 3],
  [3, "ArrowDown", 4],
  [5, "ArrowDown", 5],
  [5, "ArrowUp", 3],
  [3, "ArrowUp", 0],
  [1, "ArrowUp", null],
  [4, "Home", 0],
  [0, "End", 5],
  [0, "a", undefined],
  [9, "ArrowUp", undefined],
])("from %i, %s leads to %s", (from, key, to) => expect(neighbour(PLACES, from, key)).toBe(to));
