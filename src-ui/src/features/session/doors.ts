// Addresses that lead into the console from outside: an invitation's link, and the way back from another server's sign-in. They
// are read before anybody is signed in, and before the router is there.

export type Door =
  | { kind: "invitation"; id: string }
  /** `to` is the page to go on to. */
  | { kind: "signed-in"; code: string; to: string };

const decoded = (text: string) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A page of the console; anything else could lead away from it. */
const page = (text: string | null) => (text && /^\/(?!\/)[\w/-]*$/.test(text) ? text : "/");

export function doorOf(hash: string): Door | null {
  const invitation = /^#\/invitation\/([^/?]+)/.exec(hash);
  if (invitation) return { kind: "invitation", id: decoded(invitation[1]!) };
  const [path, asked = ""] = hash.split("?");
  if (path !== "#/signed-in") return null;
  const query = new URLSearchParams(asked);
  return { kind: "signed-in", code: query.get("code") ?? "", to: page(query.get("to")) };
}
