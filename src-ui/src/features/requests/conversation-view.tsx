import { useState } from "react";
import { Button } from "@/components/controls";
import { Fold } from "@/components/fold";
import { cn } from "@/lib/cn";
import { compact, plural } from "@/lib/numbers";
import type { Conversation, Part, Turn } from "./conversation";

const ROLES: Record<string, string> = {
  system: "System",
  user: "User",
  assistant: "Assistant",
  tool: "Tool",
};
const FEW = 6;
const LONG = 3000;

/** Who said what, as text: nothing of it is ever read as a document. The last turns first, since those are what one looks for. */
export function ConversationView({ conversation }: { conversation: Conversation }) {
  const [all, setAll] = useState(false);
  const { turns, tools } = conversation;
  const hidden = all ? 0 : Math.max(0, turns.length - FEW);
  return (
    <div className="grid grid-cols-1 gap-2" data-testid="conversation">
      {tools.length > 0 && (
        <Fold title={`${plural(tools.length, "tool")} offered`}>
          <p className="break-words font-mono text-muted text-xs">{tools.join(", ")}</p>
        </Fold>
      )}
      {hidden > 0 && (
        <Button size="sm" variant="ghost" className="justify-self-start" onClick={() => setAll(true)}>
          Show {plural(hidden, "earlier turn")}
        </Button>
      )}
      {turns.slice(hidden).map((turn, index) => (
        <TurnView key={hidden + index} turn={turn} />
      ))}
    </div>
  );
}

function TurnView({ turn }: { turn: Turn }) {
  return (
    <article
      className={cn(
        "min-w-0 rounded-lg border border-line px-3 py-2",
        turn.role === "user" ? "bg-accent-soft" : turn.role === "assistant" ? "bg-surface" : "bg-sunken",
      )}
    >
      <h4 className="mb-1 font-medium text-2xs text-muted">{ROLES[turn.role] ?? turn.role}</h4>
      <div className="grid grid-cols-1 gap-2">
        {turn.parts.map((part, index) => (
          <PartView key={index} part={part} />
        ))}
        {turn.parts.length === 0 && <p className="text-faint text-xs">said nothing</p>}
      </div>
    </article>
  );
}

function PartView({ part }: { part: Part }) {
  if (part.kind === "text") return <LongText text={part.text} />;
  return (
    <Fold title={titleOf(part)}>
      <LongText text={part.text} mono={part.kind !== "thinking"} />
    </Fold>
  );
}

function titleOf({ kind, name, text }: Part) {
  if (kind === "thinking") return "Thinking";
  if (kind === "call") return `Calls ${name ?? "a tool"}`;
  if (kind === "result") return `Result${name ? ` of ${name}` : ""}, ${compact(text.length)} characters`;
  return `${name ? name.charAt(0).toUpperCase() + name.slice(1) : "Something else"}, ${compact(text.length)} characters`;
}

function LongText({ text, mono }: { text: string; mono?: boolean }) {
  const [all, setAll] = useState(false);
  const cut = !all && text.length > LONG;
  return (
    <div>
      <p className={cn("whitespace-pre-wrap break-words text-sm", mono && "font-mono text-xs")}>
        {cut ? `${text.slice(0, LONG)}…` : text}
      </p>
      {cut && (
        <Button size="sm" variant="ghost" className="mt-1" onClick={() => setAll(true)}>
          Show {compact(text.length - LONG)} more characters
        </Button>
      )}
    </div>
  );
}
