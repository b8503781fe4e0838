// Two texts word by word: what only one of them has.

export interface Piece {
  text: string;
  /** Also in the other. */
  same: boolean;
}

/** Beyond it a comparison would hold the page up. */
const MOST_STEPS = 4_000_000;

const words = (text: string) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

/** Both as pieces, or null where they are too long and too different to be compared. */
export function wordDiff(before: string, after: string): [Piece[], Piece[]] | null {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length * right.length > MOST_STEPS) return null;
  const [inLeft, inRight] = common(left, right);
  const whole = (all: string[], same: boolean[]) =>
    pieces(all.map((text, at) => ({ text, same: at < start || at >= all.length - end || same[at - start]! })));
  return [whole(a, inLeft), whole(b, inRight)];
}

/** Which words belong to the longest sequence that both have. */
function common(a: string[], b: string[]): [boolean[], boolean[]] {
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * width + j] =
        a[i] === b[j]
          ? length[(i + 1) * width + j + 1]! + 1
          : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!);
  const found: [boolean[], boolean[]] = [a.map(() => false), b.map(() => false)];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      found[0][i++] = true;
      found[1][j++] = true;
    } else if (length[(i + 1) * width + j]! >= length[i * width + j + 1]!) i++;
    else j++;
  }
  return found;
}

/** Neighbours of a kind are one, and a space between two differences belongs to them. */
function pieces(each: Piece[]): Piece[] {
  const all: Piece[] = [];
  for (const [at, { text, same }] of each.entries()) {
    const between = same && /^\s+$/.test(text) && each[at - 1]?.same === false && each[at + 1]?.same === false;
    const is = same && !between;
    const last = all.at(-1);
    if (last && last.same === is) last.text += text;
    else all.push({ text, same: is });
  }
  return all;
}
