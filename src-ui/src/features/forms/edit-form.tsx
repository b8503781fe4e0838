import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { Topic } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { ErrorNotice } from "@/components/notice";
import { useUnsaved } from "@/components/unsaved";
import { isEmpty } from "@/lib/change";
import { follow } from "@/lib/follow";
import { type Fields, type Problems, useForm } from "./use-form";

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/**
 * A form in a drawer that changes something which may change elsewhere at the same time: what is not touched follows, what is
 * typed stays, and only what differs is sent.
 */
export function EditForm<Form, Change extends object>({
  current,
  changeOf,
  save,
  topics,
  fields,
  name,
  testid,
  children,
}: {
  current: Form;
  changeOf: (form: Form, before: Form) => { change: Change; problems: Problems };
  /** Sends the change, and answers with what is there now. */
  save: (change: Change) => Promise<Form>;
  topics: Topic[];
  fields: string[];
  /** What is changed, in the word of it. */
  name: string;
  testid: string;
  children: (fields: Fields<Form>) => ReactNode;
}) {
  const [before, setBefore] = useState(current);
  const [form, setForm] = useState(current);
  if (!same(before, current)) {
    setBefore(current);
    setForm(follow(form, before, current));
  }
  const write = useWrite(save, topics);
  const { change, problems } = changeOf(form, before);
  const dirty = !isEmpty(change) || Object.keys(problems).length > 0;
  useUnsaved(dirty);
  const { element, handed, rest, attempt, settle } = useForm({
    form,
    setForm,
    problems,
    refused: write.error,
    reset: write.reset,
    fields,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!dirty || !attempt()) return;
    write.mutate(change, {
      onSuccess: (now) => {
        settle();
        setBefore(now);
        setForm(now);
        toast.success(`${name} is changed.`);
      },
    });
  };
  return (
    <form ref={element} onSubmit={submit} noValidate className="grid gap-4 px-5 py-4">
      {children(handed)}
      {(dirty || rest !== null) && (
        <FormEnd inDrawer>
          {rest ? <ErrorNotice error={rest} /> : null}
          <div className="flex items-center justify-end gap-2">
            <span className="mr-auto text-muted text-xs">Not saved yet</span>
            <Button
              data-testid={`${testid}-discard`}
              onClick={() => {
                settle();
                write.reset();
                setForm(before);
              }}
            >
              Discard
            </Button>
            <Button type="submit" variant="primary" busy={write.isPending} data-testid={`${testid}-save`}>
              Save
            </Button>
          </div>
        </FormEnd>
      )}
    </form>
  );
}
