import type { Status } from "@/api/contract";

type Problem = NonNullable<NonNullable<Status["config"]>["error"]>;

/** Where in the file: `: line 14, column 7`, or nothing where it cannot be read at all. */
export function at({ line, column }: Pick<Problem, "line" | "column">): string {
  if (line === null) return "";
  return column === null ? `: line ${line}` : `: line ${line}, column ${column}`;
}
