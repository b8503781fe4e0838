import { useQuery } from "@tanstack/react-query";
import { useAccess } from "@/api/access";
import { listBudgets } from "@/api/people";
import { Field } from "@/components/field";
import { Select } from "@/components/select";

export const useBudgets = () => {
  const enabled = useAccess().may("GET /budget/list");
  return useQuery({ queryKey: ["budgets"], queryFn: listBudgets, enabled });
};

/** A budget with a name, which several share; shown once there is one. */
export function BudgetField({
  value,
  onChange,
  error,
  testid,
}: {
  value: string;
  onChange: (budget: string) => void;
  error?: string | null;
  testid: string;
}) {
  const budgets = useBudgets();
  const names = budgets.data?.map(({ budget_id }) => budget_id) ?? [];
  if (names.length === 0 && value === "") return null;
  const options = [...new Set([...names, ...(value ? [value] : [])])];
  return (
    <Field label="Named budget" error={error} hint="Its limits hold where nothing is said below.">
      {({ id, ...described }) => (
        <Select
          id={id}
          {...described}
          testid={`${testid}-budget_id`}
          className="w-full"
          any="None"
          options={options.map((name) => ({ value: name, label: name }))}
          value={value}
          onChange={onChange}
        />
      )}
    </Field>
  );
}
