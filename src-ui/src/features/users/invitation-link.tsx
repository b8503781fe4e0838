import { CopyButton } from "@/components/copy";

/** A link with which somebody sets their password. It is shown this once: the gateway keeps only its hash. */
export function InvitationLink({ url, who }: { url: string; who: string }) {
  return (
    <div className="grid gap-2">
      <div className="flex min-w-0 items-center gap-2 rounded-lg border border-accent bg-accent-soft p-2 pl-3">
        <code data-testid="invitation-url" className="min-w-0 flex-1 select-all break-all font-mono text-xs">
          {url}
        </code>
        <CopyButton text={url} label="Copy link" variant="primary" data-testid="invitation-copy" />
      </div>
      <p className="text-muted text-xs">
        Send it to {who}. It sets a password, once, within seven days. No mail is sent from here.
      </p>
    </div>
  );
}
