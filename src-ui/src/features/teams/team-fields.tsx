import { DollarInput, Field, Input } from "@/components/field";
import { Fold } from "@/components/fold";
import type { PickerOption } from "@/components/picker";
import { Select } from "@/components/select";
import { AliasFields } from "@/features/advanced/alias-fields";
import { NoteFields } from "@/features/advanced/note-fields";
import type { Fields } from "@/features/forms/use-form";
import { BudgetField } from "@/features/limits/budget-field";
import { LimitFields } from "@/features/limits/limit-fields";
import { ModelsField } from "@/features/limits/models-field";
import { useModelOptions } from "@/features/limits/use-model-options";
import { OrganizationField } from "@/features/people/organization-field";
import { periodsWith } from "@/lib/period";
import type { TeamForm } from "./team-form";

/** `placed`: the organization may be chosen; to move a team is the administrator's. */
export function TeamFields({ placed, ...fields }: Fields<TeamForm> & { placed: boolean }) {
  const { form, onChange, error } = fields;
  const models = useModelOptions();
  return (
    <>
      <Field label="Name" error={error("team_alias")}>
        {(control) => (
          <Input
            {...control}
            data-testid="team-team_alias"
            placeholder="research"
            maxLength={200}
            value={form.team_alias}
            onChange={(event) => onChange({ ...form, team_alias: event.target.value })}
          />
        )}
      </Field>
      {placed && (
        <OrganizationField
          testid="team-organization_id"
          value={form.organization_id}
          error={error("organization_id")}
          hint="Its limits and models hold for the team as well."
          onChange={(organization_id) => onChange({ ...form, organization_id })}
        />
      )}
      <ModelsField
        testid="team"
        models={form.models}
        options={models}
        error={error("models")}
        onChange={(chosen) => onChange({ ...form, models: chosen })}
      />
      <BudgetField
        testid="team"
        value={form.budget_id}
        error={error("budget_id")}
        onChange={(budget_id) => onChange({ ...form, budget_id })}
      />
      <LimitFields
        testid="team"
        form={form.limits}
        models={models}
        error={error}
        onChange={(limits) => onChange({ ...form, limits })}
      />
      <MemberDefaults {...fields} />
      <Advanced {...fields} models={models} />
    </>
  );
}

const FIELDS = ["team_member_budget", "team_member_rpm_limit", "team_member_tpm_limit"] as const;

function MemberDefaults({ form, onChange, error }: Fields<TeamForm>) {
  return (
    <Fold
      title="Limits of each member"
      open={FIELDS.some((name) => form[name] !== "")}
      wrong={FIELDS.some((name) => Boolean(error(name)))}
    >
      <p className="mb-3 text-muted text-xs">For members without limits of their own in the team.</p>
      <div className="grid grid-cols-2 gap-3">
        <Field label="Budget" error={error("team_member_budget")}>
          {(control) => (
            <DollarInput
              {...control}
              testid="team-team_member_budget"
              value={form.team_member_budget}
              onValue={(team_member_budget) => onChange({ ...form, team_member_budget })}
            />
          )}
        </Field>
        <Field label="Resets" error={error("team_member_budget_duration")}>
          {({ id, ...described }) => (
            <Select
              id={id}
              {...described}
              className="w-full"
              any="Never, it is a total"
              disabled={form.team_member_budget.trim() === ""}
              options={periodsWith(form.team_member_budget_duration)}
              value={form.team_member_budget_duration}
              onChange={(team_member_budget_duration) => onChange({ ...form, team_member_budget_duration })}
            />
          )}
        </Field>
        {(["team_member_rpm_limit", "team_member_tpm_limit"] as const).map((name) => (
          <Field key={name} label={name.includes("rpm") ? "Requests / min" : "Tokens / min"} error={error(name)}>
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                placeholder="no limit"
                data-testid={`team-${name}`}
                value={form[name]}
                onChange={(event) => onChange({ ...form, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </Fold>
  );
}

const ADVANCED = ["model_aliases", "tags", "metadata"] as const;

function Advanced({ form, onChange, error, models }: Fields<TeamForm> & { models: PickerOption[] }) {
  const wrongLine = form.aliases.some((_, at) => error(`aliases.${at}.name`) || error(`aliases.${at}.model`));
  return (
    <Fold
      title="Advanced: model aliases, tags, metadata"
      open={form.aliases.length > 0 || form.tags !== "" || form.metadata !== ""}
      wrong={wrongLine || ADVANCED.some((name) => Boolean(error(name)))}
    >
      <div className="grid gap-4">
        <AliasFields
          testid="team"
          lines={form.aliases}
          models={models}
          error={error}
          refused={error("model_aliases")}
          onChange={(aliases) => onChange({ ...form, aliases })}
        />
        <NoteFields
          testid="team"
          tags={form.tags}
          metadata={form.metadata}
          error={error}
          of={{ requests: "the team's keys", with: "the team" }}
          onTags={(tags) => onChange({ ...form, tags })}
          onMetadata={(metadata) => onChange({ ...form, metadata })}
        />
      </div>
    </Fold>
  );
}
