import { type FormEvent, useState } from "react";
import { type FullKey, fetchRotated, regenerateKey, type ShownKey } from "@/api/governance-keys";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { Field } from "@/components/field";
import { ErrorNotice } from "@/components/notice";
import { Select } from "@/components/select";
import { Issued } from "./issued";
import { nameOf } from "./key-state";

const GRACE = [
  { value: "15m", label: "For 15 minutes" },
  { value: "1h", label: "For an hour" },
  { value: "24h", label: "For a day" },
  { value: "7d", label: "For a week" },
];
const ONCE = "It is stored as a hash and cannot be shown again.";

const Copied = ({ onClick }: { onClick: () => void }) => (
  <Button onClick={onClick} data-testid="issued-done">
    I have copied it
  </Button>
);

/** Another secret for the same key: its limits, spend and history stay. */
export function RegenerateKey({
  row,
  onClose,
  onTurned,
}: {
  row: FullKey;
  onClose: () => void;
  onTurned: (token: string) => void;
}) {
  const [grace, setGrace] = useState("24h");
  const [shown, setShown] = useState<ShownKey | null>(null);
  const turn = useWrite(() => regenerateKey(row.token, grace || undefined), ["keys"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    turn.mutate(undefined, {
      onSuccess: (turned) => {
        setShown(turned);
        onTurned(turned.token);
      },
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      lock
      wide={shown !== null}
      testid="regenerate-key"
      title={shown ? "Copy the key now" : `A new secret for ${nameOf(row)}`}
      description={shown ? ONCE : "Its limits, spend and history stay; the tools that use it need the new one."}
      footer={shown && <Copied onClick={onClose} />}
    >
      {shown ? (
        <Issued issued={shown} />
      ) : (
        <form onSubmit={submit} className="grid gap-4">
          <Field
            label="The present secret still works"
            hint={
              grace
                ? "Time to paste the new one everywhere."
                : `Every tool that uses ${row.key_name} is refused at once, until it has the new one.`
            }
          >
            {({ id }) => (
              <Select
                id={id}
                testid="key-grace"
                className="w-full"
                any="Not any more"
                options={GRACE}
                value={grace}
                onChange={setGrace}
              />
            )}
          </Field>
          {turn.error && <ErrorNotice error={turn.error} />}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant={grace ? "primary" : "danger"}
              busy={turn.isPending}
              data-testid="regenerate-submit"
            >
              Make a new secret
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** What a key became when it was rotated by itself: kept until somebody fetches it, once. */
export function RotatedKey({ row, onClose }: { row: FullKey; onClose: () => void }) {
  const [shown, setShown] = useState<ShownKey | null>(null);
  const fetch = useWrite(() => fetchRotated(row.token), ["keys"]);
  return (
    <Dialog
      open
      onClose={onClose}
      lock={shown !== null}
      wide={shown !== null}
      testid="rotated-key"
      title={shown ? "Copy the key now" : "Show the rotated key?"}
      description={shown ? ONCE : "The secret that this key was given by itself is shown once, then forgotten."}
      footer={
        shown ? (
          <Copied onClick={onClose} />
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              variant="primary"
              busy={fetch.isPending}
              data-testid="rotated-show"
              onClick={() => fetch.mutate(undefined, { onSuccess: setShown })}
            >
              Show it
            </Button>
          </>
        )
      }
    >
      {shown ? <Issued issued={shown} /> : fetch.error ? <ErrorNotice error={fetch.error} /> : null}
    </Dialog>
  );
}
