import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import type { Session } from "@/api/contract";
import { ApiError } from "@/api/http";
import { getSession } from "@/api/routes";
import { platform } from "@/platform";

/** Why a key does not open the console; null: it does. */
export const notice = ({ role, key_name }: Session) =>
  role === "key"
    ? `That is ${key_name ? `the virtual key “${key_name}”` : "a virtual key"}, which belongs to nobody. It may call models; the administrator's key or a person's opens the console.`
    : null;

/** Signs in with a key, which from here on is this tab's. Returns what is wrong with it, if anything. */
async function enter(client: QueryClient, key: string): Promise<string | null> {
  const signIn = platform.signIn;
  if (!signIn) return null;
  signIn.set(key);
  try {
    const session = await getSession();
    const problem = notice(session);
    if (problem) signIn.clear();
    else client.setQueryData(["session"], session);
    return problem;
  } catch (error) {
    signIn.clear();
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
      return "The gateway does not accept this key. Check for a missing character, or look the key up again.";
    }
    throw error;
  }
}

export function useEnter() {
  const client = useQueryClient();
  return (key: string) => enter(client, key);
}

/** What went wrong, in words for the field that it is about. */
export const words = (error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toUpperCase() + text.slice(1);
};
