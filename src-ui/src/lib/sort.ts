import type { Sort } from "@/components/virtual-table";

/** "spend" and "-spend" in an address: the column, and whether the largest come first. */
export function parseSort(text: string | undefined): Sort | undefined {
  if (!text) return undefined;
  return text.startsWith("-") ? { by: text.slice(1), descending: true } : { by: text, descending: false };
}
export const sortText = ({ by, descending }: Sort) => (descending ? `-${by}` : by);

type Value = string | number | null | undefined;

/** Sorted by a value of each row; what has none comes last, whichever way. */
export function sortBy<Row>(rows: readonly Row[], value: (row: Row) => Value, descending: boolean): Row[] {
  const order = (a: Value, b: Value) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true });
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    const [none, noOther] = [a === null || a === undefined, b === null || b === undefined];
    if (none || noOther) return Number(none) - Number(noOther);
    return descending ? order(b, a) : order(a, b);
  });
}
