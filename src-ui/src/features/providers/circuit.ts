import type { Provider } from "@/api/contract";

/** Why a provider is not asked now, and until when. `until` is when the cooldown ends, in milliseconds. */
export function circuitText({ state, reason }: NonNullable<Provider["circuit"]>, until: number | null, now: number) {
  const left = until === null ? 0 : Math.ceil((until - now) / 1000);
  const what = state === "open" && left > 0 ? `Cooling down, ${wait(left)}` : "About to be tried again";
  return reason ? `${what}: ${reason}` : `${what}.`;
}

function wait(seconds: number) {
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
