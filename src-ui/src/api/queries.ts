// Reads and writes as hooks. The first part of a query's key is the topic that the gateway announces as stale
// (see contract.ts), so an event invalidates by topic and nothing here guesses what depends on what.
import { QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { platform } from "@/platform";
import { useAccess } from "./access";
import type { Topic } from "./contract";
import { ApiError } from "./http";
import { getRequest } from "./log";
import * as routes from "./routes";

export function makeQueryClient(onSignedOut: () => void) {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        // Events say what is stale; time alone does not make it so.
        staleTime: 60_000,
        retry: (failures, error) =>
          error instanceof ApiError && (error.status === 0 || error.status >= 502) && failures < 2,
        refetchOnWindowFocus: false,
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
  client.getQueryCache().subscribe(({ type, query }) => {
    if (type !== "updated" || query.queryKey[0] === "session") return;
    if (query.state.error instanceof ApiError && query.state.error.status === 401) onSignedOut();
  });
  return client;
}

export const useSession = () =>
  useQuery({
    queryKey: ["session"],
    queryFn: routes.getSession,
    retry: false,
    staleTime: Infinity,
    // In a browser without a key the answer is known.
    enabled: platform.signIn?.present() ?? true,
  });
export const useStatus = () => useQuery({ queryKey: ["status"], queryFn: routes.getStatus, refetchInterval: 60_000 });
export const useCatalogue = () =>
  useQuery({ queryKey: ["catalogue"], queryFn: routes.getCatalogue, staleTime: Infinity, gcTime: Infinity });
export const usePresets = () => useQuery({ queryKey: ["presets"], queryFn: routes.getPresets, staleTime: Infinity });
/** Of those who may see them; to others it is as if they were not read yet. */
export const useProviders = () => {
  const enabled = useAccess().may("GET /console/providers");
  return useQuery({ queryKey: ["providers"], queryFn: routes.getProviders, enabled });
};
export const useModelGroups = () => useQuery({ queryKey: ["models"], queryFn: routes.getModelGroups });
export const useRequest = (id: string | undefined) =>
  useQuery({
    queryKey: ["request", id],
    queryFn: () => getRequest(id!),
    enabled: id !== undefined,
    // A row is written once and never changes.
    staleTime: Infinity,
  });

/** A write; the topics it touches are read anew at once, without waiting for the event that says the same. */
export function useWrite<Input, Output>(write: (input: Input) => Promise<Output>, topics: Topic[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: write,
    onSettled: () => Promise.all(topics.map((topic) => client.invalidateQueries({ queryKey: [topic] }))),
  });
}
