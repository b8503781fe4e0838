import type { Status } from "@/api/contract";
import { useEventFeed } from "@/api/events";
import { Dot, Skeleton, type Tone } from "@/components/controls";

/** The gateway's state in a dot and a word. A lost event stream means that the picture may be old. */
export function useGatewayState(status: Status | undefined): { tone: Tone; word: string; detail: string } | null {
  const { connection } = useEventFeed();
  if (connection === "lost") {
    return {
      tone: "warn",
      word: "Reconnecting",
      detail: "The console lost the gateway and keeps trying. What is shown may be old.",
    };
  }
  if (!status) return null;
  const { state, address, message } = status.listener;
  if (state === "running") return { tone: "ok", word: "Running", detail: `Listening on ${address}` };
  if (state === "stopped")
    return { tone: "neutral", word: "Stopped", detail: "The listener is off: no client can connect." };
  return { tone: "bad", word: "Failed", detail: message ?? `It cannot listen on ${address}.` };
}

export function GatewayLine({ status, short }: { status: Status | undefined; short?: boolean }) {
  const state = useGatewayState(status);
  if (!state) return <Skeleton className="h-4 w-20" />;
  return (
    <span className="inline-flex min-w-0 items-center gap-2 text-xs" title={state.detail} data-testid="gateway-state">
      <Dot tone={state.tone} />
      <span className="truncate">
        {short ? "" : "Gateway "}
        {short ? state.word : state.word.toLowerCase()}
      </span>
    </span>
  );
}
