import { useMemo } from "react";
import { useCatalogue, useModelGroups } from "@/api/queries";
import type { PickerOption } from "@/components/picker";
import { modelName } from "@/lib/model-name";

/** What may be allowed or limited: the demo, the user's own model groups, and what the configured providers serve. */
export function useModelOptions(): PickerOption[] {
  const catalogue = useCatalogue();
  const groups = useModelGroups();
  return useMemo(() => {
    const names = new Map<string, string | undefined>([["demo", "built in"]]);
    for (const group of groups.data ?? []) if (!names.has(group.model_name)) names.set(group.model_name, "group");
    for (const model of catalogue.data?.models ?? [])
      if (model.available && !names.has(modelName(model))) names.set(modelName(model), undefined);
    return [...names].map(([value, note]) => ({ value, label: value, note }));
  }, [catalogue.data, groups.data]);
}
