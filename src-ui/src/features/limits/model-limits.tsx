import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/controls";
import { DollarInput, Field, Input } from "@/components/field";
import { Picker, type PickerOption } from "@/components/picker";
import { Select } from "@/components/select";
import { periodsWith } from "@/lib/period";
import { type LimitForm, type ModelLimitForm, noModelLimit } from "./limits";

/** A budget and rates for single models, one box each. */
export function ModelLimits({
  form,
  onChange,
  error,
  models,
  testid,
}: {
  form: LimitForm;
  onChange: (form: LimitForm) => void;
  error: (field: string) => string | null | undefined;
  models: PickerOption[];
  testid: string;
}) {
  const set = (lines: ModelLimitForm[]) => onChange({ ...form, models: lines });
  const change = (index: number, next: Partial<ModelLimitForm>) =>
    set(form.models.map((line, at) => (at === index ? { ...line, ...next } : line)));
  // The gateway's word on one of the three belongs to no single line.
  const whole = error("model_max_budget") ?? error("model_rpm_limit") ?? error("model_tpm_limit");
  return (
    <div className="grid gap-3">
      {form.models.map((line, index) => {
        const at = (field: keyof ModelLimitForm) => error(`models.${index}.${field}`);
        return (
          <div
            key={index}
            data-testid={`${testid}-model-line`}
            className="grid grid-cols-2 gap-3 rounded-lg border border-line p-3"
          >
            <div className="col-span-2 flex items-start gap-2">
              <div className="min-w-0 flex-1">
                <Field label="Model" error={at("model")}>
                  {({ id }) => (
                    <Picker
                      id={id}
                      label="Model"
                      any="Choose a model"
                      testid={`${testid}-model`}
                      className="w-full"
                      options={models}
                      chosen={line.model ? [line.model] : []}
                      onChange={([model]) => change(index, { model: model ?? "" })}
                    />
                  )}
                </Field>
              </div>
              <Button
                variant="ghost"
                size="icon"
                className="mt-5"
                aria-label={`Take out the limits of ${line.model || "this model"}`}
                onClick={() => set(form.models.filter((_, other) => other !== index))}
              >
                <Trash2 className="size-4" />
              </Button>
            </div>
            <Field label="Budget" error={at("budget")}>
              {(control) => (
                <DollarInput
                  {...control}
                  testid={`${testid}-model-budget`}
                  value={line.budget}
                  onValue={(budget) => change(index, { budget })}
                />
              )}
            </Field>
            <Field label="Resets">
              {({ id }) => (
                <Select
                  id={id}
                  className="w-full"
                  any="Never"
                  disabled={line.budget.trim() === ""}
                  options={periodsWith(line.period)}
                  value={line.period}
                  onChange={(period) => change(index, { period })}
                />
              )}
            </Field>
            {(["rpm", "tpm"] as const).map((name) => (
              <Field key={name} label={name === "rpm" ? "Requests / min" : "Tokens / min"} error={at(name)}>
                {(control) => (
                  <Input
                    {...control}
                    inputMode="numeric"
                    placeholder="no limit"
                    data-testid={`${testid}-model-${name}`}
                    value={line[name]}
                    onChange={(event) => change(index, { [name]: event.target.value })}
                  />
                )}
              </Field>
            ))}
          </div>
        );
      })}
      {whole && <p className="text-bad text-xs">{whole}</p>}
      <div>
        <Button size="sm" data-testid={`${testid}-model-add`} onClick={() => set([...form.models, noModelLimit()])}>
          <Plus className="size-3.5" /> Limit a model
        </Button>
      </div>
    </div>
  );
}
