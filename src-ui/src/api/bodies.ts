// What is kept of the bodies of a request, and the request asked again.
import { useQuery } from "@tanstack/react-query";
import type { Bodies, Replay } from "./contract";
import { ApiError, call } from "./http";

const getBodies = (id: string): Promise<Bodies> => call("GET", "/console/requests/{id}/bodies", { path: { id } });

/** Null where nothing is kept, which is no failure. */
export const useBodies = (id: string, kept: boolean) =>
  useQuery({
    queryKey: ["bodies", id],
    queryFn: () =>
      getBodies(id).catch((error: unknown) => {
        if (error instanceof ApiError && error.code === "no_bodies") return null;
        throw error;
      }),
    enabled: kept,
    staleTime: Number.POSITIVE_INFINITY,
    // Up to two megabytes each: they go with the page that shows them.
    gcTime: 10_000,
  });

export const replayRequest = (id: string, model: string, allow_redacted: boolean): Promise<Replay> =>
  call("POST", "/console/requests/{id}/replay", { path: { id }, body: { model, allow_redacted } });
