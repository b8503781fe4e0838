// What a pasted credential turns out to be. It is masked, so the form says what it holds; the gateway is the judge of it.

export type Pasted =
  | { kind: "text" }
  /** `whose` names the identity and is no secret; `project` is the one that a service account belongs to. */
  | { kind: "document"; whose: string | null; project: string | null }
  | { kind: "broken" };

const WHOSE = ["client_email", "aws_access_key_id", "AccessKeyId", "client_id", "clientId", "appId"];

export function pasted(text: string): Pasted {
  if (!text.trim().startsWith("{")) return { kind: "text" };
  try {
    const document = JSON.parse(text) as Record<string, unknown>;
    const member = (name: string) => (typeof document[name] === "string" ? document[name] : null);
    return { kind: "document", whose: WHOSE.map(member).find(Boolean) ?? null, project: member("project_id") };
  } catch {
    return { kind: "broken" };
  }
}
