import { useState } from "react";
import type { ShownKey } from "@/api/governance-keys";
import { Button } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { IssueForm } from "./issue-form";
import { Issued } from "./issued";

/** The form, then the key: this once. It lives in this component's memory only. */
export function IssueKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [issued, setIssued] = useState<ShownKey | null>(null);
  const close = () => {
    setIssued(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      lock
      wide={issued !== null}
      testid="issue-key-dialog"
      title={issued ? "Copy the key now" : "Issue a key"}
      description={issued ? "It is stored as a hash and cannot be shown again." : "It works the moment it is issued."}
      footer={
        issued && (
          <Button onClick={close} data-testid="issued-done">
            I have copied it
          </Button>
        )
      }
    >
      {issued ? <Issued issued={issued} /> : <IssueForm onIssued={setIssued} />}
    </Dialog>
  );
}
