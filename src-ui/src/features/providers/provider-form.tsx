import { type FormEvent, useRef, useState } from "react";
import { toast } from "sonner";
import type { Preset, ProviderDraft } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { createProvider, testDraft } from "@/api/routes";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { ErrorNotice } from "@/components/notice";
import { useFocusInvalid } from "@/components/use-focus-invalid";
import { BILL_FIELDS, billProblems, changedBill, newBill } from "./bill";
import { BillFields } from "./bill-fields";
import { changeOf, connectionFields, connectionProblems, newConnection } from "./connection";
import { ConnectionFields } from "./connection-fields";
import { credentialWord } from "./credential";
import { freeName } from "./names";
import { changedRank, newRank, RANK_FIELDS, rankProblems } from "./rank";
import { RankFields } from "./rank-fields";
import { TestResult } from "./test-result";

export function ProviderForm({
  preset,
  taken,
  onSaved,
}: {
  preset: Preset;
  taken: string[];
  onSaved: (name: string) => void;
}) {
  const [typed, setTyped] = useState(() => newConnection(preset));
  const [rank, setRank] = useState(newRank);
  const [bill, setBill] = useState(newBill);
  const [name, setName] = useState(() => freeName(preset.id, taken));
  const [tries, setTries] = useState(0);
  const test = useWrite((draft: Omit<ProviderDraft, "name">) => testDraft(draft), []);
  const save = useWrite(
    (draft: ProviderDraft) => createProvider(draft),
    ["providers", "catalogue", "status", "models"],
  );

  const problems = { ...connectionProblems(preset, typed), ...rankProblems(rank), ...billProblems(bill) };
  const nameProblem = taken.includes(name.trim()) ? "This name is taken." : null;
  const refusal = fieldErrors(save.error ?? test.error, [
    ...connectionFields(preset),
    ...RANK_FIELDS,
    ...BILL_FIELDS,
    "name",
  ]);
  const error = (field: string) => (tries > 0 ? problems[field] : null) ?? refusal.at(field);
  const form = useRef<HTMLFormElement>(null);
  useFocusInvalid(form, tries);
  useFocusInvalid(form, save.error ?? test.error);

  const draft = () => ({ preset: preset.id, ...changeOf(preset, typed), ...changedRank(rank) });
  const ready = () => {
    const fine = Object.keys(problems).length === 0;
    if (!fine) setTries(tries + 1);
    return fine;
  };
  // What was tested or refused is no longer what is typed.
  const changed = () => {
    test.reset();
    save.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready() || nameProblem) return;
    test.reset();
    save.mutate(
      { ...draft(), ...changedBill(bill), name: name.trim() || undefined },
      {
        onSuccess: (provider) => {
          toast.success(`${provider.name} is ready. Its models can be called at once.`);
          onSaved(provider.name);
        },
      },
    );
  };

  return (
    <form ref={form} onSubmit={submit} className="grid gap-4">
      <ConnectionFields
        preset={preset}
        typed={typed}
        error={error}
        onChange={(next) => {
          setTyped(next);
          changed();
        }}
      />
      <Field
        label="Name"
        error={nameProblem ?? refusal.at("name")}
        hint={
          <>
            Models are called <code className="font-mono">{name.trim() || preset.id}/…</code>
          </>
        }
      >
        {(control) => (
          <Input
            {...control}
            data-testid="provider-name"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              save.reset();
            }}
          />
        )}
      </Field>
      <RankFields
        typed={rank}
        error={error}
        onChange={(next) => {
          setRank(next);
          save.reset();
        }}
      />
      <BillFields
        typed={bill}
        error={error}
        onChange={(next) => {
          setBill(next);
          save.reset();
        }}
      />
      <FormEnd>
        {test.data && <TestResult test={test.data} fresh className="rounded-lg bg-sunken px-3 py-2" />}
        {refusal.rest !== null && <ErrorNotice error={refusal.rest} />}
        <div className="flex items-center gap-2">
          <p className="min-w-0 flex-1 text-faint text-xs">
            {(preset.needs_key || typed.key !== "") &&
              `The ${credentialWord(preset) === "API key" ? "key" : "credential"} goes into the vault and is not shown again.`}
          </p>
          <Button
            busy={test.isPending}
            data-testid="provider-test-draft"
            onClick={() => {
              if (!ready()) return;
              save.reset();
              test.mutate(draft());
            }}
          >
            Test
          </Button>
          <Button type="submit" variant="primary" busy={save.isPending} data-testid="provider-save">
            Add provider
          </Button>
        </div>
      </FormEnd>
    </form>
  );
}
