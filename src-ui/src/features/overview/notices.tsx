import { Link } from "@tanstack/react-router";
import type { Overview, Status } from "@/api/contract";
import { Warning } from "@/components/notice";
import { UsePort } from "@/features/settings/use-port";
import { modelName } from "@/lib/model-name";
import { plural } from "@/lib/numbers";

const linkClass = "shrink-0 rounded font-medium text-accent-text text-xs underline-offset-2 hover:underline";

/** What is wrong or missing, above the figures it concerns. */
export function Notices({ overview, status }: { overview: Overview | undefined; status: Status | undefined }) {
  const unpriced = overview?.totals.unpriced_requests ?? 0;
  const example = overview?.models.find((entry) => entry.totals.unpriced_requests > 0);
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
            example && (
              <Link
                to="/models"
                search={{ open: modelName({ id: example.model, provider: example.provider }) }}
                className={linkClass}
              >
                Set a price
              </Link>
            )
          }
        >
          {plural(unpriced, "request")} used a model without a known price
          {example && (
            <>
              {" "}
              (such as <strong className="break-all font-medium">{example.model}</strong>)
            </>
          )}
          . Their cost is not in these totals.
        </Warning>
      )}
    </>
  );
}
