import type { RequestDetail, RequestRow } from "@/api/contract";
import { useRequest } from "@/api/queries";
import { Badge, Skeleton } from "@/components/controls";
import { CodeBlock, CopyText } from "@/components/copy";
import { Drawer } from "@/components/dialog";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { adviceFor } from "@/lib/advice";
import { translation } from "@/lib/formats";
import { bytes } from "@/lib/numbers";
import { duration, fullTime } from "@/lib/time";
import { Belongs } from "./belongs";
import { BodiesSection } from "./bodies-section";
import { CostTable, TokenTable } from "./money-tables";
import { Outcome } from "./outcome";
import { Waterfall } from "./waterfall";

/** All that the ledger knows of one request. */
export function RequestDrawer({
  id,
  row,
  onClose,
}: {
  id: string | undefined;
  row: RequestRow | undefined;
  onClose: () => void;
}) {
  const detail = useRequest(id);
  const known = detail.data ?? row;
  return (
    <Drawer
      open={id !== undefined}
      onClose={onClose}
      testid="request-drawer"
      title={
        known ? (
          <span className="flex min-w-0 items-center gap-3">
            <span className="text-sm">
              <Outcome row={known} />
            </span>
            <span className="truncate">{known.model_requested || known.endpoint}</span>
          </span>
        ) : (
          "Request"
        )
      }
    >
      {detail.error && <ErrorNotice error={detail.error} className="m-5" onRetry={() => void detail.refetch()} />}
      {!detail.data && !detail.error && (
        <div aria-busy className="grid gap-4 p-5">
          {[0, 1, 2, 3, 4, 5].map((line) => (
            <Skeleton key={line} className={line % 2 ? "w-1/2" : "w-4/5"} />
          ))}
        </div>
      )}
      {detail.data && <Detail detail={detail.data} />}
    </Drawer>
  );
}

function Detail({ detail }: { detail: RequestDetail }) {
  return (
    <>
      {detail.outcome !== "ok" && <Failure detail={detail} />}
      <Section title="Timing">
        <Timing detail={detail} />
      </Section>
      <Section title="Tokens" aside={detail.usage_source === "estimated" && <Badge tone="warn">estimated</Badge>}>
        <TokenTable detail={detail} />
      </Section>
      <Section title="Cost">
        <CostTable detail={detail} />
      </Section>
      <BodiesSection key={detail.id} detail={detail} />
      <Section title="Route">
        <Facts>
          <Fact name="Endpoint">
            <code className="font-mono text-xs">{detail.endpoint}</code>
          </Fact>
          <Fact name="Asked for">{detail.model_requested}</Fact>
          {detail.model_group !== detail.model_requested && <Fact name="Model group">{detail.model_group}</Fact>}
          <Fact name="Sent to">
            {detail.provider ? `${detail.upstream_model ?? detail.model_group} at ${detail.provider}` : "nobody"}
          </Fact>
          <Fact name="Format" testid="request-format">
            {translation(detail.format_in, detail.format_out)}
          </Fact>
          <Fact name="Size">
            {bytes(detail.request_bytes)} sent, {bytes(detail.response_bytes)} received
          </Fact>
        </Facts>
      </Section>
      <Section title="Whose">
        <Belongs detail={detail} />
      </Section>
      {detail.dropped.length > 0 && (
        <Section title="Left out in translation">
          <p className="mb-2 text-muted text-sm">
            The two formats differ: these fields have no place in the other one and were not passed on.
          </p>
          <p className="flex flex-wrap gap-1" data-testid="dropped">
            {detail.dropped.map((field) => (
              <Badge key={field} tone="warn" className="font-mono">
                {field}
              </Badge>
            ))}
          </p>
        </Section>
      )}
      <Section title="Ids">
        <Facts>
          <Fact name="Request">
            <CopyText text={detail.id} label="request id" testid="request-id" />
          </Fact>
          {detail.response_id && (
            <Fact name="Response">
              <CopyText text={detail.response_id} label="response id" />
            </Fact>
          )}
          {detail.deployment_id && (
            <Fact name="Deployment">
              <CopyText text={detail.deployment_id} label="deployment id" />
            </Fact>
          )}
        </Facts>
      </Section>
      {detail.usage_raw !== null && (
        <Section title="Usage as the provider reported it">
          <CodeBlock label="Usage as reported" code={JSON.stringify(detail.usage_raw, null, 2)} />
        </Section>
      )}
    </>
  );
}

function Failure({ detail }: { detail: RequestDetail }) {
  const cancelled = detail.outcome === "cancelled";
  const advice = cancelled
    ? "What was used until then is counted below."
    : adviceFor({ code: detail.error_kind, status: detail.status });
  return (
    <div className={cancelled ? "bg-sunken px-5 py-4" : "bg-bad-soft px-5 py-4"} data-testid="request-error">
      <p className="break-words font-medium">
        {cancelled
          ? "The client left before the answer was complete."
          : (detail.error_message ?? `It ended with status ${detail.status}.`)}
      </p>
      {advice && <p className="mt-1 text-muted text-sm">{advice}</p>}
      {detail.error_kind && !cancelled && <p className="mt-1 font-mono text-faint text-xs">{detail.error_kind}</p>}
    </div>
  );
}

function Timing({ detail }: { detail: RequestDetail }) {
  const streamedFor = detail.first_byte_us === null ? 0 : detail.latency_us - detail.first_byte_us;
  return (
    <>
      <Waterfall detail={detail} />
      <Facts>
        <Fact name="Started">{fullTime(detail.started_at)}</Fact>
        <Fact name="First token">
          {detail.first_byte_us === null ? (
            <span className="text-faint">none came</span>
          ) : (
            duration(detail.first_byte_us)
          )}
        </Fact>
        <Fact name="Total">{duration(detail.latency_us)}</Fact>
        {detail.attempts > 1 && <Fact name="Attempts">{detail.attempts}</Fact>}
        {detail.streamed && (
          <Fact name="Streamed">
            {streamedFor > 0 && detail.output_tokens > 1
              ? `${Math.round(detail.output_tokens / (streamedFor / 1e6))} tokens a second after the first`
              : "yes"}
          </Fact>
        )}
      </Facts>
    </>
  );
}
