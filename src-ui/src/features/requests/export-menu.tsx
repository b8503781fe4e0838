import { Download, ExternalLink } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useBrowserAddress } from "@/api/browser-address";
import { open } from "@/api/http";
import { exportPath, type RequestFilter } from "@/api/routes";
import { Button } from "@/components/controls";
import { Menu, MenuItem } from "@/components/menu";
import { dayOf } from "@/lib/days";
import { platform } from "@/platform";
import { cutBefore } from "./cut";

const FORMATS = [
  { format: "csv", label: "CSV" },
  { format: "jsonl", label: "JSON Lines" },
] as const;
type Format = (typeof FORMATS)[number]["format"];

const TYPES: Record<Format, string> = { csv: "text/csv", jsonl: "application/x-ndjson" };

/** The browser keeps a large body on disk: a million rows are no more memory than a thousand. */
async function content(answer: Response, format: Format, from: number | undefined) {
  if (from === undefined || !answer.body) return answer.blob();
  const kept = answer.body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array<ArrayBuffer>, string>)
    .pipeThrough(cutBefore(from, format))
    .pipeThrough(new TextEncoderStream() as unknown as TransformStream<string, Uint8Array<ArrayBuffer>>);
  return new Response(kept, { headers: { "content-type": TYPES[format] } }).blob();
}

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
      const day = dayOf(Date.now(), Intl.DateTimeFormat().resolvedOptions().timeZone);
      files.save(`postern-requests-${day}.${format}`, await content(answer, format, filter.from));
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
