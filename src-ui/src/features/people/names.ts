// People, teams and roles in the words that the console has for them.
import type { OrganizationRole, TeamRole, UserRole } from "@/api/contract";

interface Person {
  user_id: string;
  user_email?: string | null;
  user_alias?: string | null;
}

/** What people know somebody by. */
export const personName = ({ user_alias, user_email, user_id }: Person) => user_alias || user_email || user_id;

/** What stands below the name: the address, else the id, where that is another text. */
export function personNote(person: Person) {
  const name = personName(person);
  return [person.user_email, person.user_id].find((text) => text && text !== name) ?? null;
}

export const teamName = ({ team_alias, team_id }: { team_alias?: string | null; team_id: string }) =>
  team_alias || team_id;

export const ROLES: { value: UserRole; label: string; note: string }[] = [
  { value: "internal_user", label: "User", note: "own keys and spend" },
  { value: "internal_user_viewer", label: "User, view only", note: "looks at their own" },
  { value: "proxy_admin_viewer", label: "Administrator, view only", note: "looks at everything" },
  { value: "proxy_admin", label: "Administrator", note: "may do everything" },
];
export const TEAM_ROLES: { value: TeamRole; label: string }[] = [
  { value: "user", label: "Member" },
  { value: "admin", label: "Team administrator" },
];
export const ORGANIZATION_ROLES: { value: OrganizationRole; label: string }[] = [
  { value: "internal_user", label: "Member" },
  { value: "internal_user_viewer", label: "Member, view only" },
  { value: "org_admin", label: "Organization administrator" },
];

/** The role of that name, if it is one that can be given. */
export const oneOf = <Role extends string>(roles: { value: Role }[], name: string): Role | undefined =>
  roles.find(({ value }) => value === name)?.value;

const of = (roles: { value: string; label: string }[]) => (role: string) =>
  roles.find(({ value }) => value === role)?.label ?? role.replaceAll("_", " ");
export const roleName = of(ROLES);
export const teamRoleName = of(TEAM_ROLES);
export const organizationRoleName = of(ORGANIZATION_ROLES);

/** Somebody by an address or by an id, as requests name them. */
export const named = (text: string) => (text.includes("@") ? { user_email: text.trim() } : { user_id: text.trim() });

/** Who made or changed something, as rows have it: the administrator's key is nobody's. */
export const makerName = (id: string) => (id === "default_user_id" ? "the administrator" : id);
