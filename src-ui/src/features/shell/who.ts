import type { Session } from "@/api/contract";

const ROLES: Record<Session["role"], string> = {
  admin: "Administrator",
  admin_viewer: "Administrator, view only",
  user: "User",
  viewer: "User, view only",
  key: "Key",
};

/** Who is signed in, by the name that people know them by. */
export const whoIs = ({ user_email, user_id, key_name }: Session) =>
  user_email ?? user_id ?? key_name ?? "the administrator";

export const roleOf = ({ role }: Session) => ROLES[role];
