// Models that were used without a price, and the past rated anew with the prices of now. Money is nano-dollars.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAccess } from "./access";
import { call } from "./http";
import type { components } from "./schema.gen";
import { orNull } from "./spend";

type Schemas = components["schemas"];

export type UnpricedModel = Schemas["Unpriced"];
export type Rerated = Schemas["RatedAnew"];

interface OfModel {
  provider: string;
  model: string;
  /** The first moment, UTC milliseconds; null: from the first request on. */
  from: number | null;
}

const rerate = (of: OfModel, dry_run: boolean) => call("POST", "/console/prices/rerate", { body: { ...of, dry_run } });

const getUnpriced = () => call("GET", "/console/prices/unpriced").then((answer) => answer.models);

/** Of those who may set prices; null to others. */
export const useUnpriced = (wanted = true) => {
  const enabled = useAccess().may("PUT /console/prices/{provider}/{model}") && wanted;
  return useQuery({
    queryKey: ["catalogue", "unpriced"],
    queryFn: () => orNull(getUnpriced()),
    enabled,
    refetchInterval: 60_000,
  });
};

/** What would change, without changing it. */
export const useRerating = (of: OfModel) =>
  useQuery({ queryKey: ["rerating", of], queryFn: () => rerate(of, true), staleTime: 0, gcTime: 0, retry: false });

export function useRerate() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (of: OfModel) => rerate(of, false),
    networkMode: "always",
    // Figures of the past are in everything that shows money.
    onSuccess: () =>
      Promise.all(
        ["overview", "spend", "spend calendar", "requests", "request", "status", "catalogue", "keys"].map((topic) =>
          client.invalidateQueries({ queryKey: [topic] }),
        ),
      ),
  });
}
