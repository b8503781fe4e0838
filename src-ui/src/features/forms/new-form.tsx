import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import type { Topic } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { ErrorNotice } from "@/components/notice";
import { type Fields, type Problems, useForm } from "./use-form";

/** A form in a dialog that makes something. */
export function NewForm<Form, Draft, Made>({
  empty,
  draftOf,
  create,
  topics,
  fields,
  onMade,
  saying,
  action,
  aside,
  testid,
  children,
}: {
  empty: () => Form;
  draftOf: (form: Form) => { draft: Draft; problems: Problems };
  create: (draft: Draft) => Promise<Made>;
  topics: Topic[];
  fields: string[];
  onMade: (made: Made) => void;
  /** What is told once it is made, where what opens then does not say it. */
  saying?: (made: Made) => string;
  action: string;
  aside?: ReactNode;
  testid: string;
  children: (fields: Fields<Form>) => ReactNode;
}) {
  const [form, setForm] = useState(empty);
  const write = useWrite(create, topics);
  const { draft, problems } = draftOf(form);
  const { element, handed, rest, attempt } = useForm({
    form,
    setForm,
    problems,
    refused: write.error,
    reset: write.reset,
    fields,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The form may stand inside another's dialog.
    event.stopPropagation();
    if (!attempt()) return;
    write.mutate(draft, {
      onSuccess: (made) => {
        if (saying) toast.success(saying(made));
        onMade(made);
      },
    });
  };
  return (
    <form ref={element} onSubmit={submit} noValidate className="grid gap-4">
      {children(handed)}
      <FormEnd>
        {rest ? <ErrorNotice error={rest} /> : null}
        <div className="flex flex-wrap items-center justify-end gap-3">
          {aside && <div className="mr-auto">{aside}</div>}
          <Button type="submit" variant="primary" busy={write.isPending} data-testid={`${testid}-create`}>
            {action}
          </Button>
        </div>
      </FormEnd>
    </form>
  );
}
