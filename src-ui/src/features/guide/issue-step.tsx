import { type FormEvent, useState } from "react";
import type { IssuedKey } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { issueKey } from "@/api/routes";
import { Button } from "@/components/controls";
import { CopyButton } from "@/components/copy";
import { Input } from "@/components/field";
import { ErrorNotice } from "@/components/notice";

/** A key with no limits in one step; the Keys page knows more. */
export function IssueStep({
  issued,
  onIssued,
  prominent,
}: {
  issued: IssuedKey | null;
  onIssued: (key: IssuedKey) => void;
  prominent: boolean;
}) {
  const [name, setName] = useState("first key");
  const issue = useWrite((alias: string) => issueKey({ key_alias: alias }), ["keys"]);
  if (issued) {
    return (
      <div className="grid gap-1.5">
        <div className="flex min-w-0 items-center gap-2 rounded-lg border border-line bg-sunken p-1.5 pl-3">
          <code className="min-w-0 flex-1 truncate font-mono text-xs" data-testid="issued-key-value">
            {issued.key}
          </code>
          <CopyButton text={issued.key} label="Copy key" />
        </div>
        <p className="text-faint text-xs">
          Shown only now: Postern keeps a hash of it. A lost key is replaced by a new one.
        </p>
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    issue.mutate(name.trim() || "first key", { onSuccess: onIssued });
  };
  return (
    <form onSubmit={submit} className="grid gap-2">
      <div className="flex max-w-96 gap-2">
        <Input
          aria-label="Name of the key"
          value={name}
          onChange={(event) => setName(event.target.value)}
          data-testid="guide-key-name"
        />
        <Button
          type="submit"
          variant={prominent ? "primary" : "secondary"}
          busy={issue.isPending}
          data-testid="guide-issue-key"
        >
          Issue key
        </Button>
      </div>
      <p className="text-faint text-xs">Tools call the gateway with it; your providers' keys stay in the vault.</p>
      {issue.error && <ErrorNotice error={issue.error} />}
    </form>
  );
}
