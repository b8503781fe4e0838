import { Download } from "lucide-react";
import { useState } from "react";
import { saveAnswer } from "@/api/http";
import { exportPath, type RequestFilter } from "@/api/log";
import { Button } from "@/components/controls";
import { Menu, MenuItem } from "@/components/menu";
import { tellSaved } from "@/components/saved";
import { dayOf } from "@/lib/days";

const FORMATS = [
  { format: "csv", label: "CSV" },
  { format: "jsonl", label: "JSON Lines" },
] as const;
type Format = (typeof FORMATS)[number]["format"];

/** Everything that the filter leaves, as a file. */
export function ExportMenu({ filter }: { filter: RequestFilter }) {
  const [busy, setBusy] = useState(false);
  const save = async (format: Format) => {
    setBusy(true);
    const day = dayOf(Date.now(), Intl.DateTimeFormat().resolvedOptions().timeZone);
    await tellSaved(saveAnswer(exportPath(format, filter), `postern-requests-${day}.${format}`));
    setBusy(false);
  };
  return (
    <Menu
      trigger={
        <Button busy={busy} data-testid="export">
          <Download className="size-3.5" /> Export
        </Button>
      }
    >
      {FORMATS.map(({ format, label }) => (
        <MenuItem key={format} data-testid={`export-${format}`} onSelect={() => void save(format)}>
          <Download aria-hidden className="size-4 text-faint" /> {label}
        </MenuItem>
      ))}
    </Menu>
  );
}
