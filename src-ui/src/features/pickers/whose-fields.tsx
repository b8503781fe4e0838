import { useAccess } from "@/api/access";
import { Field } from "@/components/field";
import { OrganizationPicker, TeamPicker, UserPicker } from "./pickers";

export interface Whose {
  user_id?: string;
  team_id?: string;
  organization_id?: string;
}

/** Whose something is: a user, a team, an organization, each offered to those who see others. Where they stand is the form's matter. */
export function WhoseFields({
  whose,
  set,
  any,
  testid,
  error,
  organizationHint,
}: {
  whose: Whose;
  set: (change: Whose) => void;
  /** What stands there for none of them. */
  any: { user: string; team: string; organization: string };
  testid: string;
  error?: (field: keyof Whose) => string | null | undefined;
  organizationHint?: string;
}) {
  const { may } = useAccess();
  return (
    <>
      {may("GET /user/list") && (
        <Field label="User" error={error?.("user_id")}>
          {({ id }) => (
            <UserPicker
              id={id}
              any={any.user}
              testid={`${testid}-user`}
              className="w-full"
              value={whose.user_id}
              onChange={(user_id) => set({ user_id })}
            />
          )}
        </Field>
      )}
      {may("GET /v2/team/list") && (
        <Field label="Team" error={error?.("team_id")}>
          {({ id }) => (
            <TeamPicker
              id={id}
              any={any.team}
              testid={`${testid}-team`}
              className="w-full"
              value={whose.team_id}
              onChange={(team_id) => set({ team_id })}
            />
          )}
        </Field>
      )}
      {may("GET /organization/list") && (
        <Field label="Organization" error={error?.("organization_id")} hint={organizationHint}>
          {({ id }) => (
            <OrganizationPicker
              id={id}
              any={any.organization}
              testid={`${testid}-organization`}
              className="w-full"
              value={whose.organization_id}
              onChange={(organization_id) => set({ organization_id })}
            />
          )}
        </Field>
      )}
    </>
  );
}
