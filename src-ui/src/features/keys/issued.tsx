import { Tabs } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import type { IssuedKey } from "@/api/contract";
import { useStatus } from "@/api/queries";
import { CodeBlock, CopyButton } from "@/components/copy";
import { fallbackBaseUrl, SNIPPETS } from "./snippets";

/** The one time that a key is shown, with what to paste where. */
export function Issued({ issued }: { issued: IssuedKey }) {
  const status = useStatus();
  const baseUrl = status.data?.base_url ?? fallbackBaseUrl(status.data);
  const model = issued.models[0] ?? "demo";
  // What one does next: from the keyboard, Enter copies it.
  const shown = useRef<HTMLDivElement>(null);
  useEffect(() => shown.current?.querySelector("button")?.focus(), []);
  const [tab, setTab] = useState(SNIPPETS[0]!.id);
  return (
    <div className="grid min-w-0 gap-4">
      <div
        ref={shown}
        className="flex min-w-0 items-center gap-2 rounded-lg border border-accent bg-accent-soft p-2 pl-3"
      >
        <code data-testid="issued-key-value" className="min-w-0 flex-1 select-all break-all font-mono text-sm">
          {issued.key}
        </code>
        <CopyButton text={issued.key} label="Copy key" variant="primary" data-testid="issued-key-copy" />
      </div>
      <Tabs.Root value={tab} onValueChange={setTab} className="min-w-0">
        <Tabs.List aria-label="Use it in" className="mb-3 flex gap-1 overflow-x-auto border-line border-b">
          {SNIPPETS.map((snippet) => (
            <Tabs.Trigger
              key={snippet.id}
              value={snippet.id}
              data-testid={`snippet-${snippet.id}`}
              className="-mb-px shrink-0 border-transparent border-b-2 px-2.5 py-1.5 text-muted text-sm hover:text-text data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
            >
              {snippet.label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {SNIPPETS.map((snippet) => (
          <Tabs.Content key={snippet.id} value={snippet.id} className="grid min-h-[236px] min-w-0 content-start gap-2">
            <CodeBlock
              label={`For ${snippet.label}`}
              testid="snippet-code"
              code={snippet.code({ baseUrl, key: issued.key, model })}
            />
            <p className="text-muted text-xs">{snippet.note}</p>
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </div>
  );
}
