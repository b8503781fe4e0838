import { Switch } from "@/components/controls";
import { DollarInput, Field, Input } from "@/components/field";
import { LinesInput } from "@/components/lines-input";
import type { PickerOption } from "@/components/picker";
import { Select } from "@/components/select";
import { AliasFields } from "@/features/advanced/alias-fields";
import { NoteFields } from "@/features/advanced/note-fields";
import { WhoseFields } from "@/features/pickers/whose-fields";
import type { KeyForm } from "./key-form";
import { KINDS } from "./key-state";

export interface FieldsProps {
  form: KeyForm;
  set: (change: Partial<KeyForm>) => void;
  error: (field: string) => string | null | undefined;
}

/** Whose it is: offered to those who see others. A key of nobody's is the gateway's own. */
export function OwnerFields({ form, set, error }: FieldsProps) {
  return (
    <div className="grid grid-cols-2 items-start gap-3 max-sm:grid-cols-1">
      <WhoseFields
        whose={form}
        set={set}
        any={{ user: "Nobody's", team: "No team", organization: "None" }}
        testid="key"
        error={error}
        organizationHint={form.team_id ? "A team's keys are of the team's organization." : undefined}
      />
    </div>
  );
}

export function SoftBudget({ form, set, error }: FieldsProps) {
  return (
    <Field label="Warn at" error={error("soft_budget")} hint="Told when it is reached; refuses nothing.">
      {(control) => (
        <DollarInput
          {...control}
          testid="key-soft_budget"
          placeholder="no warning"
          value={form.limits.soft_budget}
          onValue={(soft_budget) => set({ limits: { ...form.limits, soft_budget } })}
        />
      )}
    </Field>
  );
}

/** What it may be used for. */
export function RouteFields({ form, set, error }: FieldsProps) {
  return (
    <>
      <Field label="May be used for">
        {({ id }) => (
          <Select
            id={id}
            testid="key-kind"
            className="w-full"
            any="Everything its owner may"
            options={[...KINDS, { value: "custom", label: "Certain paths" }]}
            value={form.kind}
            onChange={(kind) => set({ kind })}
          />
        )}
      </Field>
      {form.kind === "custom" && (
        <Field label="Paths" error={error("allowed_routes")} hint="One a line; /v1/* stands for all below it.">
          {(control) => (
            <LinesInput
              {...control}
              testid="key-routes"
              placeholder="/v1/chat/completions"
              value={form.allowed_routes}
              onValue={(allowed_routes) => set({ allowed_routes })}
            />
          )}
        </Field>
      )}
    </>
  );
}

/** Other names of models, tags and metadata. */
export function AdvancedFields({ form, set, error, models }: FieldsProps & { models: PickerOption[] }) {
  return (
    <>
      <AliasFields
        testid="key"
        lines={form.aliases}
        models={models}
        error={error}
        refused={error("aliases")}
        onChange={(aliases) => set({ aliases })}
      />
      <NoteFields
        testid="key"
        tags={form.tags}
        metadata={form.metadata}
        error={error}
        of={{ requests: "this key", with: "the key" }}
        onTags={(tags) => set({ tags })}
        onMetadata={(metadata) => set({ metadata })}
      />
    </>
  );
}

export function RotationFields({ form, set, error }: FieldsProps) {
  return (
    <div className="grid gap-3">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch is the control */}
      <label className="flex items-center gap-2 text-sm">
        <Switch
          checked={form.auto_rotate}
          onCheckedChange={(auto_rotate) => set({ auto_rotate })}
          data-testid="key-rotate"
        />
        Gets a new secret by itself
      </label>
      {form.auto_rotate && (
        <Field
          label="Every"
          error={error("rotation_interval")}
          hint="Such as 90d, 12h or 1mo. The new secret waits here and is shown once."
        >
          {(control) => (
            <Input
              {...control}
              data-testid="key-rotation_interval"
              className="max-w-32"
              value={form.rotation_interval}
              onChange={(event) => set({ rotation_interval: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
