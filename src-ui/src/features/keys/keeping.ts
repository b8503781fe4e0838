// What is kept of a key's requests and answers, and what is taken out of it before.

export interface Keeping {
  /** Empty: nothing is kept. */
  keep_bodies_days: string;
  redact: string[];
  /** One a line. */
  redact_patterns: string;
}

export const KEEPING_FIELDS = ["keep_bodies_days", "redact", "redact_patterns"];

const MOST_DAYS = 400;
const MOST_PATTERNS = 20;
const LONGEST = 256;

export const RULES = [
  { value: "emails", label: "E-mail addresses", note: "anything of the form name@host" },
  { value: "phone_numbers", label: "Phone numbers", note: "with a country's prefix, or grouped as people write them" },
  { value: "card_numbers", label: "Card numbers", note: "whose check digit is right" },
  { value: "secrets", label: "Secrets", note: "keys and tokens by the forms that services give them" },
];

export const noKeeping = (): Keeping => ({ keep_bodies_days: "", redact: [], redact_patterns: "" });

interface Kept {
  keep_bodies_days: number | null;
  redact: string[];
  redact_patterns: string[];
}

export const keepingOf = (row: Kept): Keeping => ({
  keep_bodies_days: row.keep_bodies_days ? String(row.keep_bodies_days) : "",
  redact: row.redact,
  redact_patterns: row.redact_patterns.join("\n"),
});

/** What is meant. An expression may hold anything but a line break, and its spaces are its own. */
export const keptOf = (typed: Keeping): Kept => ({
  keep_bodies_days: typed.keep_bodies_days.trim() === "" ? null : Number(typed.keep_bodies_days),
  redact: RULES.map(({ value }) => value).filter((rule) => typed.redact.includes(rule)),
  redact_patterns: typed.redact_patterns.split(/\r?\n/).filter((line) => line.trim() !== ""),
});

export function keepingProblems(typed: Keeping): Record<string, string> {
  const problems: Record<string, string> = {};
  const { keep_bodies_days: days, redact_patterns: patterns } = keptOf(typed);
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= MOST_DAYS))
    problems.keep_bodies_days = `A whole number from 1 to ${MOST_DAYS}, or nothing.`;
  const long = patterns.findIndex((line) => line.length > LONGEST);
  if (patterns.length > MOST_PATTERNS) problems.redact_patterns = `At most ${MOST_PATTERNS} expressions.`;
  else if (long >= 0) problems.redact_patterns = `Expression ${long + 1} is longer than ${LONGEST} characters.`;
  return problems;
}
