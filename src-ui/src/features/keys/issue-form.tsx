import { ChevronRight } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import type { IssuedKey, KeyDraft } from "@/api/contract";
import { useCatalogue, useModelGroups, useWrite } from "@/api/queries";
import { issueKey } from "@/api/routes";
import { Button } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { ErrorNotice } from "@/components/notice";
import { Picker } from "@/components/picker";
import { Select } from "@/components/select";
import { modelName } from "@/lib/model-name";
import { draftOf, type KeyForm } from "./key-form";

const EXPIRY = [
  { value: "24h", label: "In a day" },
  { value: "7d", label: "In a week" },
  { value: "30d", label: "In 30 days" },
  { value: "90d", label: "In 90 days" },
  { value: "365d", label: "In a year" },
];
const PERIODS = [
  { value: "1d", label: "Every day" },
  { value: "7d", label: "Every week" },
  { value: "30d", label: "Every 30 days" },
];

export function IssueForm({ onIssued }: { onIssued: (key: IssuedKey) => void }) {
  const [form, setForm] = useState<KeyForm>({
    name: "",
    expiry: "",
    models: [],
    budget: "",
    period: "30d",
    rpm: "",
    tpm: "",
    parallel: "",
  });
  const [tried, setTried] = useState(false);
  const options = useCallableModels();
  const issue = useWrite((draft: KeyDraft) => issueKey(draft), ["keys", "status"]);
  const { draft, problems } = draftOf(form);
  const set = (change: Partial<KeyForm>) => setForm({ ...form, ...change });
  const wrong = (field: keyof KeyForm) => (tried ? problems[field] : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problems).length === 0) issue.mutate(draft, { onSuccess: onIssued });
  };

  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="Name" error={wrong("name")} hint="The tool or person that will use it.">
        {(control) => (
          <Input
            {...control}
            data-testid="key-name"
            placeholder="claude-code on my laptop"
            maxLength={120}
            value={form.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label="Expires">
          {({ id }) => (
            <Select
              id={id}
              testid="key-expiry"
              className="w-full"
              any="Never"
              options={EXPIRY}
              value={form.expiry}
              onChange={(expiry) => set({ expiry })}
            />
          )}
        </Field>
        <Field label="Allowed models">
          {({ id }) => (
            <Picker
              id={id}
              multiple
              label="Allowed models"
              any="All models"
              testid="key-models"
              className="w-full"
              options={options}
              chosen={form.models}
              onChange={(models) => set({ models })}
            />
          )}
        </Field>
        <Field label="Budget in dollars" optional error={wrong("budget")}>
          {(control) => (
            <span className="relative">
              <span aria-hidden className="absolute top-1.5 left-2.5 text-faint">
                $
              </span>
              <Input
                {...control}
                inputMode="decimal"
                data-testid="key-budget"
                className="pl-6"
                placeholder="none"
                value={form.budget}
                onChange={(event) => set({ budget: event.target.value })}
              />
            </span>
          )}
        </Field>
        <Field label="Budget resets">
          {({ id }) => (
            <Select
              id={id}
              testid="key-period"
              disabled={form.budget.trim() === ""}
              className="w-full"
              any="Never, it is a total"
              options={PERIODS}
              value={form.period}
              onChange={(next) => set({ period: next })}
            />
          )}
        </Field>
      </div>
      <details className="group">
        <summary className="flex list-none items-center gap-1 rounded text-muted text-xs hover:text-text">
          <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" /> Rate limits
        </summary>
        <div className="mt-3 grid grid-cols-3 gap-3">
          {(
            [
              ["rpm", "Requests / min"],
              ["tpm", "Tokens / min"],
              ["parallel", "At once"],
            ] as const
          ).map(([field, label]) => (
            <Field key={field} label={label} error={wrong(field)}>
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  placeholder="none"
                  data-testid={`key-${field}`}
                  value={form[field]}
                  onChange={(event) => set({ [field]: event.target.value })}
                />
              )}
            </Field>
          ))}
        </div>
      </details>
      {issue.error && <ErrorNotice error={issue.error} />}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" busy={issue.isPending} data-testid="key-issue-submit">
          Issue key
        </Button>
      </div>
    </form>
  );
}

/** What a key may be allowed: the demo, the user's own model groups, and what the configured providers serve. */
function useCallableModels() {
  const catalogue = useCatalogue();
  const groups = useModelGroups();
  return useMemo(() => {
    const names = new Map<string, string | undefined>([["demo", "built in"]]);
    for (const group of groups.data ?? []) if (!names.has(group.model_name)) names.set(group.model_name, "group");
    for (const model of catalogue.data?.models ?? [])
      if (model.available && !names.has(modelName(model))) names.set(modelName(model), undefined);
    return [...names].map(([value, note]) => ({ value, label: value, note }));
  }, [catalogue.data, groups.data]);
}
