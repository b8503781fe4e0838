import { Download, ExternalLink } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useBrowserAddress } from "@/api/browser-address";
import { open } from "@/api/http";
import { exportPath, type RequestFilter } from "@/api/log";
import { Button } from "@/components/controls";
import { Menu, MenuItem } from "@/components/menu";
import { dayOf } from "@/lib/days";
import { platform } from "@/platform";

const FORMATS = [
  { format: "csv", label: "CSV" },
  { format: "jsonl", label: "JSON Lines" },
] as const;
type Format = (typeof FORMATS)[number]["format"];

/** Everything that the filter leaves, as a file. */
export function ExportMenu({ filter }: { filter: RequestFilter }) {
  const [busy, setBusy] = useState(false);
  const inBrowser = useBrowserAddress();
  const { files } = platform;
  const save = async (format: Format) => {
    if (!files) return;
    setBusy(true);
    try {
      const answer = await open(files, exportPath(format, filter));
      // The browser keeps a large body on disk: a million rows are no more memory than a thousand.
      const day = dayOf(Date.now(), Intl.DateTimeFormat().resolvedOptions().timeZone);
      files.save(`postern-requests-${day}.${format}`, await answer.blob());
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu
      trigger={
        <Button busy={busy} data-testid="export">
          <Download className="size-3.5" /> Export
        </Button>
      }
    >
      {files ? (
        FORMATS.map(({ format, label }) => (
          <MenuItem key={format} data-testid={`export-${format}`} onSelect={() => void save(format)}>
            <Download aria-hidden className="size-4 text-faint" /> {label}
          </MenuItem>
        ))
      ) : (
        <MenuItem disabled={!inBrowser} onSelect={() => void inBrowser?.()} data-testid="export-in-browser">
          <ExternalLink aria-hidden className="size-4 text-faint" />
          {inBrowser ? "Open in a browser, to save it there" : "Start the gateway to save it from a browser"}
        </MenuItem>
      )}
    </Menu>
  );
}
