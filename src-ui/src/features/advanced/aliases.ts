// Other names of models, as they are typed: one line each.
import type { Problems } from "@/features/forms/use-form";

export interface AliasLine {
  name: string;
  model: string;
}

export const noAlias = (): AliasLine => ({ name: "", model: "" });

export const aliasesOf = (known: Record<string, unknown> | null | undefined): AliasLine[] =>
  Object.entries(known ?? {}).map(([name, model]) => ({ name, model: String(model) }));

/** What the lines mean. Problems are `aliases.0.name` and the like; a line in which nothing stands says nothing. */
export function aliasDraft(lines: AliasLine[], problems: Problems): Record<string, string> {
  const draft: Record<string, string> = {};
  for (const [index, line] of lines.entries()) {
    const name = line.name.trim();
    if (name === "" && line.model === "") continue;
    if (name === "") problems[`aliases.${index}.name`] = "Which name?";
    else if (Object.hasOwn(draft, name)) problems[`aliases.${index}.name`] = "It has a line already.";
    if (line.model === "") problems[`aliases.${index}.model`] = "Which model?";
    draft[name] = line.model;
  }
  return draft;
}
