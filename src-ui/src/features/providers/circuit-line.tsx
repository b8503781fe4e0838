import { useMemo } from "react";
import type { Provider } from "@/api/contract";
import { Dot } from "@/components/controls";
import { useNow } from "@/lib/use-hooks";
import { circuitText } from "./circuit";

/** That a provider is not asked now. The gateway says for how long once; the rest of the wait is counted here. */
export function CircuitLine({ circuit }: { circuit: NonNullable<Provider["circuit"]> }) {
  const now = useNow(1000);
  const until = useMemo(
    () => (circuit.retry_in_seconds === null ? null : Date.now() + circuit.retry_in_seconds * 1000),
    [circuit],
  );
  const text = circuitText(circuit, until, now);
  return (
    <p className="mt-2 flex items-center gap-1.5 pl-12 text-xs" title={text} data-testid="provider-circuit">
      <Dot tone="warn" />
      <span className="line-clamp-2 min-w-0 break-words text-warn tabular-nums">{text}</span>
    </p>
  );
}
