import { useQuery } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import { useState } from "react";
import type { SignInWays } from "@/api/contract";
import { getSignInWays } from "@/api/people";
import { Skeleton } from "@/components/controls";
import { Frame } from "./frame";
import { KeyForm } from "./key-form";
import { PasswordForm } from "./password-form";

// An older gateway knows no other way, and one that does not answer has more to say when the key is tried.
const KEY_ALONE: SignInWays = { administrator_key: true, password: false, sso: null };

/** The ways in that this gateway offers; the one that most people take comes first. */
export function SignIn({ notice }: { notice: string | null }) {
  const ways = useQuery({ queryKey: ["sign-in"], queryFn: getSignInWays, retry: false, staleTime: Infinity });
  const [byKey, setByKey] = useState(false);
  if (ways.isPending) {
    return (
      <Frame>
        <div aria-busy className="grid gap-5">
          <Skeleton className="h-5 w-40" />
          <Skeleton className="h-8" />
          <Skeleton className="h-8" />
        </div>
      </Frame>
    );
  }
  const { password, sso } = ways.data ?? KEY_ALONE;
  const withKey = byKey || (!password && !sso);
  return (
    <Frame>
      <h1 className="font-semibold text-lg">Sign in to Postern</h1>
      {notice && (
        <p role="status" className="mt-2 rounded-md bg-warn-soft px-3 py-2 text-sm">
          {notice}
        </p>
      )}
      {withKey ? (
        <KeyForm others={password || sso !== null} />
      ) : (
        <div className="mt-5 grid gap-4">
          {sso && (
            <a
              href={sso.url}
              data-testid="sign-in-sso"
              className="flex h-8 items-center justify-center gap-2 rounded-md border border-line-strong bg-surface px-3 font-medium text-sm shadow-card hover:bg-hover"
            >
              <LogIn aria-hidden className="size-4 text-faint" />
              <span className="truncate">Continue with {sso.name}</span>
            </a>
          )}
          {sso && password && <Or />}
          {password && <PasswordForm />}
        </div>
      )}
      {(password || sso) && (
        <button
          type="button"
          data-testid="sign-in-other"
          onClick={() => setByKey(!byKey)}
          className="mt-4 rounded text-accent-text text-sm hover:underline"
        >
          {withKey ? `Sign in with ${password ? "e-mail and password" : sso?.name}` : "Sign in with a key"}
        </button>
      )}
      <p className="mt-4 text-faint text-xs">Kept for this tab only, never stored on this device.</p>
    </Frame>
  );
}

const Or = () => (
  <p className="flex items-center gap-3 text-faint text-xs">
    <span aria-hidden className="h-px flex-1 bg-line" />
    or
    <span aria-hidden className="h-px flex-1 bg-line" />
  </p>
);
