import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { replayRequest } from "@/api/bodies";
import type { Bodies, RequestDetail } from "@/api/contract";
import { ApiError } from "@/api/http";
import { Button } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { Field } from "@/components/field";
import { ErrorNotice, Warning } from "@/components/notice";
import { Picker } from "@/components/picker";
import { useModelOptions } from "@/features/limits/use-model-options";
import { costOf } from "@/lib/money";
import { count } from "@/lib/numbers";
import { Comparison } from "./comparison";

/** The same request to another model, beside what was. It costs money, which is said before. */
export function ReplayDialog({
  detail,
  bodies,
  open,
  onClose,
}: {
  detail: RequestDetail;
  bodies: Bodies;
  open: boolean;
  onClose: () => void;
}) {
  const options = useModelOptions();
  const [model, setModel] = useState("");
  const [allowed, setAllowed] = useState(false);
  const tick = useId();
  const replay = useMutation({
    mutationFn: (asked: string) => replayRequest(detail.id, asked, allowed),
    networkMode: "always",
  });
  const redacted = bodies.request_redacted;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (model && (!redacted || allowed)) replay.mutate(model);
  };
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      testid="replay"
      title="Ask another model"
      description={`The same request as ${detail.model_requested} was asked, beside what it answered.`}
    >
      {bodies.request_cut ? (
        <Warning testid="replay-cut">
          Only the beginning of this request is kept: it was too long. It cannot be asked again.
        </Warning>
      ) : (
        <form onSubmit={submit} className="grid gap-3">
          <div className="flex flex-wrap items-end gap-3">
            <div className="min-w-56 flex-1">
              <Field label="Model">
                {({ id }) => (
                  <Picker
                    id={id}
                    label="Model"
                    any="Choose one"
                    testid="replay-model"
                    className="w-full"
                    options={options}
                    free={(value) => ({ value, label: value })}
                    chosen={model ? [model] : []}
                    onChange={([next]) => {
                      setModel(next ?? "");
                      replay.reset();
                    }}
                  />
                )}
              </Field>
            </div>
            <Button
              type="submit"
              variant="primary"
              busy={replay.isPending}
              disabled={!model || (redacted && !allowed)}
              data-testid="replay-ask"
            >
              Ask it
            </Button>
          </div>
          <p className="text-muted text-xs" data-testid="replay-cost">
            It is asked for real and costs what the model costs, on your account: the original read{" "}
            {count(detail.input_tokens)} tokens, wrote {count(detail.output_tokens)} and cost {costWord(detail)}. It is
            sent without the client's own headers, and not streamed.
          </p>
          {redacted && (
            <label htmlFor={tick} className="flex items-start gap-2 text-sm">
              <input
                id={tick}
                type="checkbox"
                className="mt-0.5 size-4 accent-accent"
                checked={allowed}
                data-testid="replay-redacted"
                onChange={(event) => setAllowed(event.target.checked)}
              />
              <span>
                Ask although something was taken out of the request
                <span className="block text-faint text-xs">
                  The model reads [email] and the like where something else stood, and may answer otherwise for it.
                </span>
              </span>
            </label>
          )}
        </form>
      )}
      {replay.error && <ErrorNotice error={inWords(replay.error)} className="mt-4" />}
      <div aria-live="polite">
        {replay.isPending && <p className="mt-4 text-muted text-sm">{model} is answering…</p>}
        {replay.data && <Comparison result={replay.data} />}
      </div>
    </Dialog>
  );
}

const costWord = (detail: RequestDetail) => {
  const { text, kind } = costOf(detail);
  if (kind === "money") return text;
  return text === "unpriced" ? "an unknown amount (unpriced)" : `nothing (${text})`;
};

const WORDS: Record<string, string> = {
  no_bodies: "What this request said is not kept any more, so it cannot be asked again.",
  body_cut: "Only the beginning of this request is kept: it was too long to be asked again.",
  body_redacted: "Something was taken out of this request. Tick that it may be asked without it.",
  not_replayable: "This request is no conversation, so no other model can answer it.",
};

function inWords(error: unknown) {
  const words = error instanceof ApiError && error.code ? WORDS[error.code] : undefined;
  return words && error instanceof ApiError ? new ApiError(error.status, words, error.code, error.requestId) : error;
}
