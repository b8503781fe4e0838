// What was used in the last days, to choose from. There is no list of models that were called, of projects or of end users: the
// ledger has them, and is asked once somebody opens the menu.
import { useCallback, useMemo, useState } from "react";
import { type By, useSpendGroups } from "@/api/spend";
import type { PickerOption } from "@/components/picker";

export function useSpent(by: By, chosen?: string) {
  const [wanted, setWanted] = useState(false);
  const groups = useSpendGroups(by, wanted);
  const options = useMemo(() => {
    const used = (groups.data ?? []).map(({ id, name }) => ({ value: id!, label: name || id! }));
    return !chosen || used.some(({ value }) => value === chosen) ? used : [{ value: chosen, label: chosen }, ...used];
  }, [groups.data, chosen]);
  return {
    options,
    searching: groups.isFetching,
    onOpen: useCallback(() => setWanted(true), []),
    // What was used longer ago, or is beyond the hundred that are told of, can be typed.
    free: anything,
  };
}

const anything = (typed: string): PickerOption => ({ value: typed, label: typed });
