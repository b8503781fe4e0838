import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { Session } from "@/api/contract";
import { ApiError } from "@/api/http";
import { ErrorNotice } from "@/components/notice";
import { platform } from "@/platform";
import { notice } from "./enter";
import { Frame, Waiting } from "./frame";
import { SignIn } from "./sign-in";

/** What stands before the console: a sign-in in the browser, or why it cannot be shown. */
export function Gate({ session }: { session: UseQueryResult<Session> }) {
  const { error, data } = session;
  const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
  // Once the form is shown it stays: a re-render while it checks a key must not throw away what it found.
  const [asking] = useState(() => platform.signIn?.present() === false);
  if (asking) return <SignIn notice={null} />;
  if (session.isPending) return <Waiting />;
  if (!platform.signIn || (error && !refused)) {
    return (
      <Frame>
        <h1 className="font-semibold text-lg">The gateway cannot be reached</h1>
        <ErrorNotice error={error} className="mt-3" onRetry={() => void session.refetch()} />
      </Frame>
    );
  }
  return <SignIn notice={(data && notice(data)) ?? "You were signed out, or the sign-in has ended. Sign in again."} />;
}
