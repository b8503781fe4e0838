import { type FormEvent, useRef, useState } from "react";
import { toast } from "sonner";
import type { Preset, Provider, ProviderChange } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { updateProvider } from "@/api/routes";
import { Button } from "@/components/controls";
import { FormEnd } from "@/components/dialog";
import { Field, Input } from "@/components/field";
import { fieldErrors } from "@/components/field-errors";
import { ErrorNotice } from "@/components/notice";
import { useFocusInvalid } from "@/components/use-focus-invalid";
import { BILL_FIELDS, billOf, billProblems, changedBill } from "./bill";
import { BillFields } from "./bill-fields";
import { changeOf, connectionFields, connectionOf, connectionProblems } from "./connection";
import { ConnectionFields } from "./connection-fields";
import { FurtherKeyFields } from "./further-key-fields";
import { changedKeys, KEY_FIELDS, noKeysTyped } from "./further-keys";
import { changedRank, RANK_FIELDS, rankOf, rankProblems } from "./rank";
import { RankFields } from "./rank-fields";

export function EditForm({ provider, preset, onClose }: { provider: Provider; preset: Preset; onClose: () => void }) {
  const [name, setName] = useState(provider.name);
  const [typed, setTyped] = useState(() => connectionOf(provider));
  const [rank, setRank] = useState(() => rankOf(provider));
  const [bill, setBill] = useState(() => billOf(provider));
  const [keys, setKeys] = useState(noKeysTyped);
  const save = useWrite(
    (change: ProviderChange) => updateProvider(provider.id, change),
    ["providers", "catalogue", "status"],
  );
  const problems: Record<string, string> = {
    ...connectionProblems(preset, typed, provider),
    ...rankProblems(rank),
    ...billProblems(bill),
  };
  const nameProblem = name.trim() === "" ? "A provider needs a name." : null;
  const refusal = fieldErrors(save.error, [
    ...connectionFields(preset),
    ...RANK_FIELDS,
    ...BILL_FIELDS,
    ...KEY_FIELDS,
    "name",
  ]);
  const form = useRef<HTMLFormElement>(null);
  useFocusInvalid(form, save.error);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (nameProblem || Object.keys(problems).length > 0) return;
    const change: ProviderChange = {
      ...changeOf(preset, typed, provider),
      ...changedRank(rank, rankOf(provider)),
      ...changedBill(bill, billOf(provider)),
      ...changedKeys(keys, provider.further_keys),
    };
    if (name.trim() !== provider.name) change.name = name.trim();
    if (Object.values(change).every((value) => value === undefined)) return onClose();
    save.mutate(change, {
      onSuccess: () => {
        toast.success(`${name.trim()} is changed.`);
        onClose();
      },
    });
  };
  return (
    <form ref={form} onSubmit={submit} className="grid gap-4">
      <Field
        label="Name"
        error={nameProblem ?? refusal.at("name")}
        hint={
          name.trim() === provider.name
            ? undefined
            : `Clients that ask for ${provider.name}/… have to ask for ${name.trim()}/… instead.`
        }
      >
        {(control) => (
          <Input
            {...control}
            data-testid="edit-name"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              save.reset();
            }}
          />
        )}
      </Field>
      <ConnectionFields
        preset={preset}
        typed={typed}
        before={provider}
        error={(field) => problems[field] ?? refusal.at(field)}
        onChange={(next) => {
          setTyped(next);
          save.reset();
        }}
      />
      <FurtherKeyFields
        preset={preset}
        provider={provider}
        typed={keys}
        error={(field) => refusal.at(field)}
        onChange={(next) => {
          setKeys(next);
          save.reset();
        }}
      />
      <RankFields
        typed={rank}
        error={(field) => problems[field] ?? refusal.at(field)}
        onChange={(next) => {
          setRank(next);
          save.reset();
        }}
      />
      <BillFields
        typed={bill}
        error={(field) => problems[field] ?? refusal.at(field)}
        onChange={(next) => {
          setBill(next);
          save.reset();
        }}
      />
      <FormEnd>
        {refusal.rest !== null && <ErrorNotice error={refusal.rest} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending} data-testid="edit-save">
            Save
          </Button>
        </div>
      </FormEnd>
    </form>
  );
}
