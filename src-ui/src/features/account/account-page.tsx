import { useQuery } from "@tanstack/react-query";
import { useAccess } from "@/api/access";
import { getUser } from "@/api/people";
import { Card, Skeleton } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { Page, Section } from "@/components/page";
import { UserUsage } from "@/features/users/user-drawer";
import { PasswordChange } from "./password-change";

/** Whoever is signed in: what they spent, what they may, and their password. */
export function AccountPage() {
  const { userId, session } = useAccess();
  const found = useQuery({
    queryKey: ["users", "one", userId],
    queryFn: () => getUser(userId ?? undefined),
    enabled: userId !== null,
  });
  const user = found.data?.user_info;
  return (
    <Page title="Your account" description="What your keys spent, what you may do, and your password.">
      {found.error && !found.data && <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && (
        <Card aria-busy className="grid max-w-[640px] gap-4 p-5">
          <Skeleton className="h-5 w-48" />
          <Skeleton className="h-12" />
          <Skeleton className="h-20" />
        </Card>
      )}
      {found.data && user && (
        <Card className="max-w-[640px]">
          <UserUsage own info={found.data} user={user} />
          {session.role !== "viewer" && session.role !== "admin_viewer" && (
            <Section title="Password">
              <PasswordChange user={user} />
            </Section>
          )}
        </Card>
      )}
    </Page>
  );
}
