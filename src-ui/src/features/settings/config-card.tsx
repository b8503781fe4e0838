// The configuration file: which one is in force, and what is wrong with the one on disk.
import { RotateCw } from "lucide-react";
import type { Status } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { reloadConfig } from "@/api/routes";
import { Button } from "@/components/controls";
import { CopyText } from "@/components/copy";
import { ErrorNotice, Warning } from "@/components/notice";
import { Fact, Facts } from "@/components/page";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { at } from "./config-place";

const SHOWN = 5;

export function ConfigFacts({ config }: { config: NonNullable<Status["config"]> }) {
  const now = useNow();
  const reload = useWrite(() => reloadConfig(), ["status", "models"]);
  const more = config.warnings.length - SHOWN;
  return (
    <>
      <Facts>
        <Fact name="File">
          <CopyText text={config.path} label="path" />
        </Fact>
        <Fact name="In force since">
          {fullTime(config.loaded_at)} <span className="text-faint">({relative(config.loaded_at, now)})</span>
        </Fact>
      </Facts>
      {config.error && (
        <Warning className="mt-3" testid="config-error">
          <span className="font-medium">The file on disk is not in force{at(config.error)}.</span>{" "}
          <span className="break-words">{config.error.message.replace(/\.?$/, ".")}</span> What was read before goes on.
        </Warning>
      )}
      {config.warnings.length > 0 && (
        <ul className="mt-3 grid gap-1 text-muted text-xs" data-testid="config-warnings">
          {config.warnings.slice(0, SHOWN).map((warning) => (
            <li key={`${warning.line}:${warning.column}:${warning.message}`} className="break-words">
              {warning.line !== null && <span className="font-mono">line {warning.line}: </span>}
              {warning.message}
            </li>
          ))}
          {more > 0 && <li>and {more} more; `postern doctor` lists all.</li>}
        </ul>
      )}
      <div className="mt-3 flex flex-wrap items-center justify-between gap-3">
        <p className="text-faint text-xs">It is read again whenever it changes.</p>
        <Button size="sm" busy={reload.isPending} onClick={() => reload.mutate(undefined)} data-testid="config-reload">
          <RotateCw className="size-3.5" /> Read it now
        </Button>
      </div>
      {reload.error && !config.error && <ErrorNotice error={reload.error} className="mt-3" />}
    </>
  );
}
