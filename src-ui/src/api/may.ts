// Which routes whoever is signed in may use; what they may not is not offered. Stands in for `access.ts` until that is merged.
import { useSession } from "./queries";

export function useMay(): (route: string) => boolean {
  const session = useSession().data as { role: string; may?: string[] } | undefined;
  return (route) => session?.role === "admin" || (session?.may?.includes(route) ?? false);
}
