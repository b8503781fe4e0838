import { DollarInput, Field, Input } from "@/components/field";
import { Fold } from "@/components/fold";
import type { PickerOption } from "@/components/picker";
import { Select } from "@/components/select";
import { periodsWith } from "@/lib/period";
import { BY_MODEL, type LimitForm } from "./limits";
import { ModelLimits } from "./model-limits";
import { ModelsField } from "./models-field";

interface Props {
  form: LimitForm;
  onChange: (form: LimitForm) => void;
  /** What is wrong with a field, by the gateway's name of it (see limits.ts). */
  error: (field: string) => string | null | undefined;
  /** Model names to choose from; without them there are no limits by model. */
  models?: PickerOption[];
  /** Begins the names that tests look for. */
  testid: string;
  /** A key has no soft budget in its first form, a member only a budget. */
  without?: ("soft_budget" | "rates" | "parallel" | "models")[];
  /** Whether models may be left out: where the form has no other list of them. */
  allowed?: boolean;
  /** What an empty field means, in few words. */
  nothing?: string;
}

/** The part of a form that says limits: what may be spent until when, how fast, and the same for single models. */
export function LimitFields(props: Props) {
  const { form, onChange, error, without = [], models, allowed, testid } = props;
  const byModel = models && !without.includes("models");
  return (
    <div className="grid gap-4">
      <BudgetFields {...props} />
      {allowed && models && (
        <ModelsField
          testid={`${testid}-allowed`}
          models={form.allowed_models}
          options={models}
          error={error("allowed_models")}
          onChange={(allowed_models) => onChange({ ...form, allowed_models })}
        />
      )}
      {!without.includes("rates") && (
        <Fold
          title="Rate limits"
          open={RATES.some(([name]) => form[name] !== "")}
          wrong={RATES.some(([name]) => Boolean(error(name)))}
        >
          <RateFields {...props} />
        </Fold>
      )}
      {byModel && (
        <Fold
          title="Limits by model"
          count={form.models.length}
          open={form.models.length > 0}
          wrong={BY_MODEL.some((name) => Boolean(error(name)))}
        >
          <ModelLimits {...props} models={models} />
        </Fold>
      )}
    </div>
  );
}

function BudgetFields({ form, onChange, error, testid, nothing, without = [] }: Props) {
  const hasBudget = form.max_budget.trim() !== "" || form.soft_budget.trim() !== "";
  return (
    <div className="grid grid-cols-2 gap-3">
      <Field
        label="Budget"
        error={error("max_budget")}
        hint={isZero(form.max_budget) ? "Nothing may be spent. Leave it empty for no limit." : undefined}
      >
        {(control) => (
          <DollarInput
            {...control}
            testid={`${testid}-max_budget`}
            placeholder={nothing}
            value={form.max_budget}
            onValue={(max_budget) => onChange({ ...form, max_budget })}
          />
        )}
      </Field>
      <Field label="Resets" error={error("budget_duration")}>
        {({ id, ...described }) => (
          <Select
            id={id}
            {...described}
            testid={`${testid}-budget_duration`}
            disabled={!hasBudget}
            className="w-full"
            any="Never, it is a total"
            options={periodsWith(form.budget_duration)}
            value={form.budget_duration}
            onChange={(budget_duration) => onChange({ ...form, budget_duration })}
          />
        )}
      </Field>
      {!without.includes("soft_budget") && (
        <Field label="Warn at" error={error("soft_budget")} hint="Told when reached, not refused.">
          {(control) => (
            <DollarInput
              {...control}
              testid={`${testid}-soft_budget`}
              placeholder="no warning"
              value={form.soft_budget}
              onValue={(soft_budget) => onChange({ ...form, soft_budget })}
            />
          )}
        </Field>
      )}
    </div>
  );
}

const RATES = [
  ["rpm_limit", "Requests / min"],
  ["tpm_limit", "Tokens / min"],
  ["max_parallel_requests", "At once"],
] as const;

function RateFields({ form, onChange, error, testid, nothing = "no limit", without = [] }: Props) {
  const shown = RATES.filter(([name]) => name !== "max_parallel_requests" || !without.includes("parallel"));
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
      {shown.map(([name, label]) => (
        <Field
          key={name}
          label={label}
          error={error(name)}
          hint={isZero(form[name]) ? "Lets nothing through." : undefined}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              placeholder={nothing}
              data-testid={`${testid}-${name}`}
              value={form[name]}
              onChange={(event) => onChange({ ...form, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

const isZero = (text: string) => text.trim() !== "" && Number(text.replace(/[$,]/g, "")) === 0;
