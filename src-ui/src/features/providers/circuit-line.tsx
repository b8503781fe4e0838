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
    <p className="flex min-w-0 items-center gap-1.5 text-xs" title={text} data-testid="provider-circuit">
      <Dot tone="warn" />
      <span className="truncate text-warn tabular-nums">{text}</span>
    </p>
  );
}
