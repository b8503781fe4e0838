/** The first of name, name-2, name-3 ... that nobody has. */
export function freeName(base: string, taken: string[]) {
  if (!taken.includes(base)) return base;
  for (let n = 2; ; n++) if (!taken.includes(`${base}-${n}`)) return `${base}-${n}`;
}

export function baseUrlProblem(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return "Where the provider answers, starting with https://.";
  if (!URL.canParse(trimmed)) return "This is no URL. It starts with https:// or http://.";
  const { protocol, username, password, search } = new URL(trimmed);
  if (protocol !== "https:" && protocol !== "http:") return "It has to start with https:// or http://.";
  if (username || password) return "A key does not belong in the URL; enter it above.";
  if (search) return "Leave out everything from the question mark on.";
  return null;
}
