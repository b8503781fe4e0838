// Models that were used without a price, and the past rated anew with the prices of now. Money is nano-dollars.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAccess } from "./access";
import { send } from "./http";
import { orNull } from "./spend";

export interface UnpricedModel {
  provider: string;
  model: string;
  /** Those that are in no sum. */
  requests: number;
  /** Those that count as a budget had reserved for them. */
  reserved_requests: number;
  input_tokens: number;
  output_tokens: number;
  /** UTC milliseconds. */
  last_used_at: number;
}

export interface Rerated {
  rows: number;
  changed: number;
  unpriced_before: number;
  unpriced_after: number;
  cost_nanos_before: number;
  cost_nanos_after: number;
}

interface OfModel {
  provider: string;
  model: string;
}

const rerate = (of: OfModel, dry_run: boolean) =>
  send("POST", "/console/prices/rerate", { ...of, from: null, dry_run }) as Promise<Rerated>;

const getUnpriced = () =>
  (send("GET", "/console/prices/unpriced") as Promise<{ models: UnpricedModel[] }>).then((answer) => answer.models);

/** Of those who may set prices; null to others. */
export const useUnpriced = () => {
  const enabled = useAccess().may("PUT /console/prices/{provider}/{model}");
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
