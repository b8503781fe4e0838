// What to try, by what went wrong. Codes and kinds are the gateway's own; an unknown one is judged by its status.

const BY_CODE: Record<string, string> = {
  unreachable: "Check that Postern is running; the console reconnects by itself.",
  bad_answer: "Another program may own this port. Start Postern on another one with --listen.",
  authentication: "The caller's key is missing, wrong, expired or blocked. Issue a new one under Keys.",
  permission: "The key may not call this model or route. Its allowed models are set when it is issued.",
  not_found: "No configured provider serves this model. Check its name under Models, or add the provider.",
  invalid_request: "The caller sent something that the provider or the gateway cannot accept. The message names it.",
  too_large: "The body is larger than the gateway accepts.",
  rate_limit: "The key reached its own limit. Wait, or issue a key with a higher one.",
  budget_exceeded: "The key's budget is spent. It starts anew at its reset, or issue a key with a larger one.",
  upstream_rate_limit: "The provider limits your account. Wait, lower the rate, or ask it for a higher limit.",
  upstream_overloaded: "The provider is overloaded. Trying again later usually helps.",
  upstream_timeout: "The provider did not answer in time. Try again, or a smaller request.",
  upstream_credential: "The provider refused the stored key. Replace it under Providers and test it.",
  upstream: "The provider failed or closed the connection. Test it under Providers, and look at its status page.",
  vault_unavailable: "Unlock the keychain; Postern keeps trying by itself.",
  gateway: "This is Postern's own fault. Its log has the reason under this request id.",
  internal_error: "This is Postern's own fault. Its log has the reason under this request id.",
};

export function adviceFor({ code, status }: { code: string | null; status: number }): string | null {
  if (code && BY_CODE[code]) return BY_CODE[code];
  if (status === 401) return BY_CODE.authentication!;
  if (status === 403)
    return "Who signed in may not do this. Whoever administers the team, the organization or the gateway may.";
  if (status === 429) return BY_CODE.rate_limit!;
  if (status === 503) return "The gateway is not ready for this yet. Try again in a moment.";
  if (status >= 500) return BY_CODE.gateway!;
  return null;
}
