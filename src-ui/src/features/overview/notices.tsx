import { Link } from "@tanstack/react-router";
import type { Status } from "@/api/contract";
import type { Spend } from "@/api/spend";
import { Warning } from "@/components/notice";
import { UsePort } from "@/features/settings/use-port";
import { plural } from "@/lib/numbers";
import { SET_PRICES } from "./hero";

const linkClass = "shrink-0 rounded font-medium text-accent-text text-xs underline-offset-2 hover:underline";

/** What is wrong or missing, above the figures it concerns. */
export function Notices({
  spend,
  example,
  status,
}: {
  spend: Spend | undefined;
  /** A model that has no price. */
  example: string | undefined;
  status: Status | undefined;
}) {
  const unpriced = spend?.totals.unpriced_requests ?? 0;
  return (
    <>
      {status && status.listener.state !== "running" && (
        <Warning
          testid="listener-notice"
          action={
            <span className="flex shrink-0 items-center gap-3">
              <UsePort listener={status.listener} />
              <Link to="/settings" className={linkClass}>
                Open settings
              </Link>
            </span>
          }
        >
          <span className="block first-letter:uppercase">
            {status.listener.state === "stopped"
              ? "The gateway is stopped: no client can connect."
              : (status.listener.message ?? `The gateway cannot listen on ${status.listener.address}.`)}
          </span>
        </Warning>
      )}
      {status?.vault && status.vault.state !== "ready" && status.vault.state !== "starting" && (
        <Warning
          testid="vault-notice"
          action={
            <Link to="/settings" className={linkClass}>
              Details
            </Link>
          }
        >
          The credential vault is {status.vault.state}: providers that need a key cannot be called.{" "}
          {status.vault.detail}
        </Warning>
      )}
      {status?.credential_problems.map((problem) => (
        <Warning
          key={problem.provider_id}
          testid="credential-notice"
          action={
            <Link to="/providers" className={linkClass}>
              Replace the key
            </Link>
          }
        >
          <strong className="font-medium">{problem.provider_name}</strong>: {problem.message}
        </Warning>
      ))}
      {unpriced > 0 && (
        <Warning
          testid="unpriced-notice"
          action={
            <Link to="/models" search={SET_PRICES} className={linkClass}>
              Set a price
            </Link>
          }
        >
          {plural(unpriced, "request")} used a model without a known price: their cost is not in these totals.
          {example && (
            <>
              {" "}
              Such as{" "}
              <strong className="inline-block max-w-56 truncate align-bottom font-medium" title={example}>
                {example}
              </strong>
            </>
          )}
        </Warning>
      )}
    </>
  );
}
