import { Check, Copy, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { toast } from "sonner";
import type { By, Spend } from "@/api/spend";
import { Button, Segmented, Switch } from "@/components/controls";
import { Dialog } from "@/components/dialog";
import { tellSaved } from "@/components/saved";
import { plural } from "@/lib/numbers";
import { useDark } from "@/lib/theme";
import { platform } from "@/platform";
import type { Compared } from "./hero";
import { PICTURE, picture, pictureUrl, png } from "./picture";
import { axisValue, type ChartData, type Metric, measure } from "./series";
import { BY_WORDS, change, daysOf, type slotWords } from "./words";

/** What says who somebody is stays out of a picture that may go anywhere. */
const PRIVATE: By[] = ["key", "user", "team", "organization", "project", "end_user"];

/** The chart as a picture, to be saved or copied. */
export function SharePicture({
  spend,
  data,
  metric,
  words,
  period,
  against,
  than,
  onClose,
}: {
  spend: Spend;
  data: ChartData;
  metric: Metric;
  words: ReturnType<typeof slotWords>;
  period: string;
  against: string | null;
  than: Compared | null;
  onClose: () => void;
}) {
  const [dark, setDark] = useState(useDark());
  const [named, setNamed] = useState(false);
  const [copied, setCopied] = useState(false);
  const isPrivate = PRIVATE.includes(spend.by);
  const kind = BY_WORDS[spend.by].label;
  const svg = useMemo(() => {
    const shown = isPrivate && !named ? unnamed(data, kind) : data;
    const whole = data.series.every(({ hidden }) => !hidden);
    const delta = whole && than ? change(measure(spend.totals, metric), measure(than.totals, metric)) : null;
    return picture({
      title: `${metric.charAt(0).toUpperCase()}${metric.slice(1)} by ${kind.toLowerCase()}`,
      period,
      facts: [
        ...(delta ? [`${delta.text} vs ${than?.name}`] : []),
        ...(whole && metric !== "requests" ? [plural(spend.totals.requests, "request")] : []),
      ],
      data: shown,
      metric,
      words: { value: (value) => axisValue(metric, value), slot: words.short, mark: words.mark },
      against,
      dark,
    });
  }, [spend, data, metric, words, period, against, than, dark, named, isPrivate, kind]);
  const fail = (error: unknown) => void toast.error(error instanceof Error ? error.message : String(error));
  const name = `postern-${metric}-${daysOf(spend).join("-to-")}.png`;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Share a picture"
      description="It is made here and holds what you see; nothing is sent anywhere."
      testid="share-picture"
      footer={
        <>
          <Button
            data-testid="picture-copy"
            onClick={() => void platform.copyPicture(png(svg)).then(() => setCopied(true), fail)}
          >
            {copied ? <Check className="size-3.5 text-ok" /> : <Copy className="size-3.5" />}
            {copied ? "Copied" : "Copy"}
          </Button>
          <Button
            variant="primary"
            data-testid="picture-save"
            onClick={() => void tellSaved(png(svg).then((blob) => platform.files.save(name, blob)))}
          >
            <Download className="size-3.5" /> Save as PNG
          </Button>
        </>
      }
    >
      <img
        src={pictureUrl(svg)}
        alt={`${period}: the chart with its legend`}
        width={PICTURE.width}
        height={PICTURE.height}
        data-testid="picture"
        className="h-auto w-full rounded-lg border border-line"
      />
      <div className="mt-3 flex flex-wrap items-center gap-x-6 gap-y-2">
        <Segmented
          label="Colours"
          value={dark ? "dark" : "light"}
          onChange={(value) => {
            setDark(value === "dark");
            setCopied(false);
          }}
          options={[
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
        {isPrivate && (
          // biome-ignore lint/a11y/noLabelWithoutControl: the switch is within
          <label className="flex items-center gap-2 text-sm">
            <Switch
              checked={named}
              data-testid="picture-names"
              onCheckedChange={(next) => {
                setNamed(next);
                setCopied(false);
              }}
            />
            With the names of {BY_WORDS[spend.by].many.toLowerCase()}
          </label>
        )}
      </div>
    </Dialog>
  );
}

/** "Key 1", "Key 2": by rank, as the legend has them. */
const unnamed = (data: ChartData, kind: string): ChartData => ({
  ...data,
  series: data.series.map((series, index) =>
    series.id === null ? series : { ...series, label: `${kind} ${index + 1}` },
  ),
});
