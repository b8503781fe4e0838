import { ArrowRight, Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/controls";
import { Field, Input } from "@/components/field";
import { Picker, type PickerOption } from "@/components/picker";
import { type AliasLine, noAlias } from "./aliases";

/** Names under which models may be asked for, one line each. */
export function AliasFields({
  lines,
  onChange,
  error,
  refused,
  models,
  testid,
}: {
  lines: AliasLine[];
  onChange: (lines: AliasLine[]) => void;
  error: (field: string) => string | null | undefined;
  /** The gateway's word on all of them. */
  refused: string | null | undefined;
  models: PickerOption[];
  testid: string;
}) {
  const change = (index: number, next: Partial<AliasLine>) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, ...next } : line)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium text-xs">Model aliases</legend>
      {lines.length === 0 && (
        <p className="text-faint text-xs">
          Another name for a model: tools that insist on one ask for what you choose.
        </p>
      )}
      {lines.map((line, index) => (
        <div
          key={index}
          data-testid={`${testid}-alias-line`}
          className="grid grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)_auto] items-start gap-2"
        >
          <Field label="Name" error={error(`aliases.${index}.name`)}>
            {(control) => (
              <Input
                {...control}
                data-testid={`${testid}-alias-name`}
                placeholder="gpt-4o"
                maxLength={200}
                value={line.name}
                onChange={(event) => change(index, { name: event.target.value })}
              />
            )}
          </Field>
          <ArrowRight aria-hidden className="mt-7 size-4 text-faint" />
          <Field label="Stands for" error={error(`aliases.${index}.model`)}>
            {(control) => (
              <Picker
                {...control}
                label="Stands for"
                any="Choose a model"
                testid={`${testid}-alias-model`}
                className="w-full"
                options={models}
                chosen={line.model ? [line.model] : []}
                onChange={([model]) => change(index, { model: model ?? "" })}
              />
            )}
          </Field>
          <Button
            variant="ghost"
            size="icon"
            className="mt-5"
            aria-label={`Take out the alias ${line.name}`.trim()}
            onClick={() => onChange(lines.filter((_, other) => other !== index))}
          >
            <Trash2 className="size-4" />
          </Button>
        </div>
      ))}
      {refused && <p className="text-bad text-xs">{refused}</p>}
      <div>
        <Button size="sm" data-testid={`${testid}-alias-add`} onClick={() => onChange([...lines, noAlias()])}>
          <Plus className="size-3.5" /> Add an alias
        </Button>
      </div>
    </fieldset>
  );
}
