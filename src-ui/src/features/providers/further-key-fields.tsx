import { Trash2, Undo2 } from "lucide-react";
import type { Preset, Provider } from "@/api/contract";
import { Button } from "@/components/controls";
import { cn } from "@/lib/cn";
import { credentialWord } from "./credential";
import { type KeysTyped, toggled } from "./further-keys";
import { KeyField } from "./key-field";

/** Keys besides the first: what there is, and one more. */
export function FurtherKeyFields({
  preset,
  provider,
  typed,
  onChange,
  error,
}: {
  preset: Preset;
  provider: Provider;
  typed: KeysTyped;
  onChange: (typed: KeysTyped) => void;
  error: (field: string) => string | null;
}) {
  const word = credentialWord(preset).replace("Cred", "cred");
  const removal = error("remove_keys");
  // Nothing for another one to stand in for.
  if (provider.credential.hint === null) return null;
  return (
    <>
      {provider.further_keys.length > 0 && (
        <div className="grid gap-1" data-testid="further-keys">
          <h3 className="font-medium text-xs">Further keys</h3>
          <ul className="divide-y divide-line rounded-md border border-line">
            {provider.further_keys.map(({ number, hint }) => {
              const gone = typed.removed.includes(number);
              return (
                <li key={number} className="flex items-center gap-2 py-0.5 pr-0.5 pl-2.5 text-xs">
                  <span className="w-5 text-faint tabular-nums">{number}</span>
                  <span className={cn("min-w-0 flex-1 truncate font-mono", gone && "text-faint line-through")}>
                    {hint ?? "stored"}
                  </span>
                  <Button
                    variant="ghost"
                    size="icon"
                    aria-label={gone ? `Keep key ${number}` : `Remove key ${number}`}
                    data-testid="further-key-remove"
                    onClick={() => onChange(toggled(typed, number))}
                  >
                    {gone ? <Undo2 className="size-3.5" /> : <Trash2 className="size-3.5" />}
                  </Button>
                </li>
              );
            })}
          </ul>
          {removal && <p className="text-bad text-xs">{removal}</p>}
        </div>
      )}
      <KeyField
        // Where to get one stands at the first key already.
        preset={{ ...preset, key_url: null }}
        value={typed.added}
        testid="edit-further-key"
        label={`Another ${word}`}
        optional
        required={false}
        hint="Used while those before it are refused or used up."
        error={error("add_api_key")}
        onChange={(added) => onChange({ ...typed, added })}
      />
    </>
  );
}
