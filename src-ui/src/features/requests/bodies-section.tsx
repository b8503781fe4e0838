import { Link } from "@tanstack/react-router";
import { Repeat2 } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { useAccess } from "@/api/access";
import { useBodies } from "@/api/bodies";
import type { Bodies, RequestDetail } from "@/api/contract";
import { Badge, Button, Segmented, Skeleton } from "@/components/controls";
import { CopyButton } from "@/components/copy";
import { ErrorNotice } from "@/components/notice";
import { Section } from "@/components/page";
import { bytes } from "@/lib/numbers";
import { fullTime, relative } from "@/lib/time";
import { type Conversation, readAnswer, readRequest } from "./conversation";
import { ConversationView } from "./conversation-view";
import { ReplayDialog } from "./replay-dialog";

/** What was asked and answered, where the key has it kept. */
export function BodiesSection({ detail }: { detail: RequestDetail }) {
  const kept = detail.bodies_kept_until !== null;
  const bodies = useBodies(detail.id, kept);
  const [replaying, setReplaying] = useState(false);
  if (!kept || bodies.data === null) {
    return (
      <Section title="Request and answer">
        <NotKept detail={detail} />
      </Section>
    );
  }
  return (
    <Section
      title="Request and answer"
      aside={
        bodies.data && (
          <Button size="sm" data-testid="replay-open" onClick={() => setReplaying(true)}>
            <Repeat2 className="size-3.5" /> Ask another model
          </Button>
        )
      }
    >
      {bodies.error && <ErrorNotice error={bodies.error} onRetry={() => void bodies.refetch()} />}
      {bodies.isPending && (
        <div aria-busy className="grid gap-3">
          <Skeleton className="w-4/5" />
          <Skeleton className="w-1/2" />
        </div>
      )}
      {bodies.data && (
        <>
          <Kept bodies={bodies.data} />
          <ReplayDialog detail={detail} bodies={bodies.data} open={replaying} onClose={() => setReplaying(false)} />
        </>
      )}
    </Section>
  );
}

function NotKept({ detail }: { detail: RequestDetail }) {
  const { may } = useAccess();
  return (
    <p className="text-muted text-sm" data-testid="bodies-none">
      Not kept: what is asked and answered stays out of the ledger unless a key has it kept.{" "}
      {detail.key_id === null ? (
        "Requests of the administrator's key never are."
      ) : may("GET /key/list") ? (
        <>
          <Link
            to="/keys"
            search={{ q: detail.key_name }}
            data-testid="bodies-key"
            className="rounded text-accent-text underline underline-offset-2"
          >
            Open the key {detail.key_name}
          </Link>{" "}
          and say under Edit for how many days; it counts from its next request on.
        </>
      ) : (
        "Whoever administers the key can turn it on."
      )}
    </p>
  );
}

function Kept({ bodies }: { bodies: Bodies }) {
  const [view, setView] = useState<"read" | "raw">("read");
  const request = useMemo(() => readRequest(bodies.request), [bodies.request]);
  const response = useMemo(() => (bodies.response ? readAnswer(bodies.response) : null), [bodies.response]);
  return (
    <div className="grid grid-cols-1 gap-4" data-testid="bodies">
      <div className="flex flex-wrap items-center gap-2">
        <Segmented
          label="How it is shown"
          testid="bodies-view"
          value={view}
          onChange={setView}
          options={[
            { value: "read", label: "Conversation" },
            { value: "raw", label: "As sent" },
          ]}
        />
        <span className="text-faint text-xs" title={fullTime(bodies.expires_at)}>
          Gone {relative(bodies.expires_at)}
        </span>
      </div>
      <One
        title="Request"
        body={bodies.request}
        conversation={request}
        raw={view === "raw"}
        cut={bodies.request_cut}
        redacted={bodies.request_redacted}
      />
      {bodies.response === null ? (
        <p className="text-muted text-sm">There was no answer, or only an error.</p>
      ) : (
        <One
          title="Answer"
          body={bodies.response}
          conversation={response}
          raw={view === "raw"}
          cut={bodies.response_cut}
          redacted={bodies.response_redacted}
        />
      )}
    </div>
  );
}

function One({
  title,
  body,
  conversation,
  raw,
  cut,
  redacted,
}: {
  title: string;
  body: string;
  conversation: Conversation | null;
  raw: boolean;
  cut: boolean;
  redacted: boolean;
}) {
  return (
    <section className="grid grid-cols-1 gap-2" aria-label={title}>
      <div className="flex items-center gap-2">
        <h3 className="font-medium text-sm">{title}</h3>
        <span className="text-faint text-xs">{bytes(new Blob([body]).size)}</span>
        {cut && <Badge tone="warn">cut</Badge>}
        {redacted && <Badge tone="warn">redacted</Badge>}
        <CopyButton
          text={body}
          label={`Copy the ${title.toLowerCase()}`}
          iconOnly
          variant="ghost"
          className="ml-auto"
        />
      </div>
      {cut && <Note>It was longer than is kept: this is its beginning.</Note>}
      {redacted && (
        <Note>Something was taken out before it was kept; a word in brackets, such as [email], stands for it.</Note>
      )}
      {!raw && conversation ? (
        <ConversationView conversation={conversation} />
      ) : (
        <>
          {!raw && <Note>It cannot be read as a conversation, so it is shown as it was sent.</Note>}
          <Raw body={body} label={title} />
        </>
      )}
    </section>
  );
}

const Note = ({ children }: { children: ReactNode }) => <p className="text-muted text-xs">{children}</p>;

const MOST_SHOWN = 60_000;

/** As it was sent, in lines where it is JSON; of a long one the beginning, since a page of a megabyte is read by nobody. */
function Raw({ body, label }: { body: string; label: string }) {
  const lines = useMemo(() => {
    try {
      return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      return body;
    }
  }, [body]);
  return (
    <>
      <pre
        // A scrolling region has to be reachable by keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable region
        tabIndex={0}
        role="region"
        aria-label={`${label} as sent`}
        data-testid="body-raw"
        className="max-h-96 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs leading-5"
      >
        {lines.slice(0, MOST_SHOWN)}
      </pre>
      {lines.length > MOST_SHOWN && <Note>Its beginning; copying takes all of it.</Note>}
    </>
  );
}
