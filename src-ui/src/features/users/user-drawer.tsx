import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, CirclePlay, Link2, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import type { Invitation, UserInfo, UserRow } from "@/api/contract";
import { getUser, inviteUser, updateUser } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Badge, Button } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { MenuItem, MenuLine } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import { EditForm } from "@/features/forms/edit-form";
import { LiveUsage } from "@/features/limits/live-usage";
import { modelWords } from "@/features/limits/usage";
import { KeyList } from "@/features/people/key-list";
import { personName, roleName, teamName, teamRoleName } from "@/features/people/names";
import { fullTime } from "@/lib/time";
import { DeleteUser } from "./delete-user";
import { InvitationLink } from "./invitation-link";
import { AllowanceFields, PersonFields } from "./user-fields";
import { USER_FIELDS, userChange, userFormOf } from "./user-form";

export const useUser = (id: string | undefined) =>
  useQuery({ queryKey: ["users", "one", id], queryFn: () => getUser(id), enabled: id !== undefined });

export function UserDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const access = useAccess();
  const found = useUser(id);
  const user = found.data?.user_info ?? null;
  const [deleting, setDeleting] = useState(false);
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const block = useWrite((blocked: boolean) => updateUser({ user_id: user!.user_id, blocked }), ["users"]);
  const invite = useWrite(() => inviteUser(user!.user_id), ["users"]);
  const name = user ? personName(user) : (id ?? "");
  // A user may change themselves, on a page of their own; this is for those who may change others.
  const [mayChange, mayInvite] = [access.may("POST /user/bulk_update"), access.may("POST /invitation/new")];
  const toggle = (blocked: boolean) =>
    block.mutate(blocked, {
      onSuccess: () =>
        toast.success(
          blocked ? `${name} is blocked; their keys are refused from now on.` : `${name} may use the gateway again.`,
        ),
    });
  const failed = block.error ?? invite.error;
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={name}
      label="Parts of the user"
      testid="user-drawer"
      loading={found.isPending}
      error={found.data ? null : found.error}
      onRetry={() => void found.refetch()}
      menu={
        user &&
        mayChange && (
          <>
            {mayInvite && (
              <MenuItem
                data-testid="user-invite-again"
                onSelect={() => invite.mutate(undefined, { onSuccess: setInvitation })}
              >
                <Link2 aria-hidden className="size-4 text-faint" />
                {user.has_password ? "Link to a new password" : "Invitation link"}
              </MenuItem>
            )}
            <MenuItem data-testid="user-block" onSelect={() => toggle(!user.blocked)}>
              {user.blocked ? (
                <CirclePlay aria-hidden className="size-4 text-faint" />
              ) : (
                <Ban aria-hidden className="size-4 text-faint" />
              )}
              {user.blocked ? "Unblock" : "Block"}
            </MenuItem>
            <MenuLine />
            <MenuItem danger data-testid="user-delete" onSelect={() => setDeleting(true)}>
              <Trash2 aria-hidden className="size-4" /> Delete
            </MenuItem>
          </>
        )
      }
      before={failed ? <ErrorNotice error={failed} className="m-4" /> : null}
      tabs={
        found.data && user
          ? [
              { id: "usage", label: "Usage", content: <UserUsage info={found.data} user={user} /> },
              ...(mayChange
                ? [
                    {
                      id: "settings",
                      label: "Settings",
                      content: (
                        <EditForm
                          current={userFormOf(user)}
                          changeOf={userChange}
                          save={(change) =>
                            updateUser({ user_id: user.user_id, ...change }).then(({ data }) => userFormOf(data))
                          }
                          topics={["users"]}
                          fields={USER_FIELDS}
                          name={name}
                          testid="user"
                        >
                          {(fields) => (
                            <>
                              <PersonFields {...fields} />
                              <AllowanceFields {...fields} />
                            </>
                          )}
                        </EditForm>
                      ),
                    },
                  ]
                : []),
            ]
          : []
      }
    >
      {deleting && user && (
        <DeleteUser
          user={user}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false);
            onClose();
          }}
        />
      )}
      <Dialog
        open={invitation !== null}
        onClose={() => setInvitation(null)}
        lock
        title={user?.has_password ? "A link to a new password" : "Invitation link"}
        description={user?.has_password ? "Their present password stays good until they set a new one." : undefined}
        testid="invitation-dialog"
        footer={<Button onClick={() => setInvitation(null)}>I have copied it</Button>}
      >
        {invitation && <InvitationLink url={invitation.invitation_url} who={name} />}
      </Dialog>
    </ResourceDrawer>
  );
}

/** `own`: it is whoever looks. */
export function UserUsage({ info, user, own }: { info: UserInfo; user: UserRow; own?: boolean }) {
  return (
    <>
      <Section title={own ? "Spend of your keys" : "Spend of their own keys"}>
        <LiveUsage of="user" id={user.user_id} row={user} testid="user-usage" />
      </Section>
      <Section title={own ? "Who you are" : "Who they are"}>
        <Facts>
          <Fact name="Role">
            <span className="flex flex-wrap items-center gap-2">
              {roleName(user.user_role)}
              {user.blocked && <Badge tone="bad">blocked</Badge>}
            </span>
          </Fact>
          {user.user_email && <Fact name="E-mail">{user.user_email}</Fact>}
          <Fact name="Id">
            <code className="break-all font-mono text-xs">{user.user_id}</code>
          </Fact>
          <Fact name="Signs in">
            {user.sso_user_id
              ? "by single sign-on"
              : user.has_password
                ? "with a password"
                : "not yet: no password is set"}
          </Fact>
          <Fact name="Models">{modelWords(user.models)}</Fact>
          {user.budget_id && <Fact name="Named budget">{user.budget_id}</Fact>}
          <Fact name="Added">{fullTime(user.created_at)}</Fact>
        </Facts>
      </Section>
      <Section title="Teams">
        {info.teams.length === 0 ? (
          <p className="text-muted">In no team.</p>
        ) : (
          <ul className="grid gap-1">
            {info.teams.map((team) => {
              const role = team.members_with_roles.find((member) => member.user_id === user.user_id)?.role ?? "user";
              return (
                <li key={team.team_id} className="flex items-baseline justify-between gap-3">
                  <Link to="/teams" search={{ open: team.team_id }} className="min-w-0 truncate hover:underline">
                    {teamName(team)}
                  </Link>
                  <span className="shrink-0 text-faint text-xs">{teamRoleName(role)}</span>
                </li>
              );
            })}
          </ul>
        )}
      </Section>
      <Section title="Keys">
        <KeyList
          keys={info.keys}
          empty={
            own
              ? "You have no key yet. Issue one under Keys."
              : "No key yet. One is issued to them under Keys, or they issue it themselves."
          }
        />
      </Section>
    </>
  );
}
