import type { Session } from "@/api/contract";

const ROLES: Record<Session["role"], string> = {
  admin: "Administrator",
  admin_viewer: "Administrator, view only",
  user: "User",
  viewer: "User, view only",
  key: "Key",
};

/** Who is signed in, by the name that people know them by. */
export function whoIs({ user, key_name }: Session) {
  if (user) return user.user_alias || user.user_email || user.user_id;
  return key_name ?? "the administrator";
}

export const roleOf = ({ role }: Session) => ROLES[role];
