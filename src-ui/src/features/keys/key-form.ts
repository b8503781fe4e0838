import type { KeyDraft } from "@/api/contract";

/** What is typed; `draftOf` says what it means. */
export interface KeyForm {
  name: string;
  expiry: string;
  models: string[];
  budget: string;
  period: string;
  rpm: string;
  tpm: string;
  parallel: string;
}

type Problems = Partial<Record<keyof KeyForm, string>>;

export function draftOf(form: KeyForm): { draft: KeyDraft; problems: Problems } {
  const problems: Problems = {};
  const whole = (field: "rpm" | "tpm" | "parallel") => {
    const text = form[field].replace(/[\s,_]/g, "");
    if (text === "") return undefined;
    if (!/^[1-9]\d{0,11}$/.test(text)) problems[field] = "A whole number.";
    return Number(text);
  };
  const name = form.name.trim();
  if (name === "") problems.name = "A name tells keys apart when one has to go.";
  const budgetText = form.budget.trim().replace(/^\$/, "");
  if (budgetText !== "" && !(/^\d{1,9}(\.\d{1,9})?$/.test(budgetText) && Number(budgetText) > 0)) {
    problems.budget = "Dollars, such as 5 or 0.50.";
  }
  const draft: KeyDraft = {
    key_alias: name,
    duration: form.expiry || undefined,
    models: form.models.length > 0 ? form.models : undefined,
    max_budget: budgetText === "" ? undefined : Number(budgetText),
    budget_duration: budgetText !== "" && form.period ? form.period : undefined,
    rpm_limit: whole("rpm"),
    tpm_limit: whole("tpm"),
    max_parallel_requests: whole("parallel"),
  };
  return { draft, problems };
}
