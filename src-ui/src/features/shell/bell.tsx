import { Link } from "@tanstack/react-router";
import { Bell as Icon } from "lucide-react";
import { unseenOf, useNewestAlerts, useSeen } from "@/api/alerts";

/** The way to the alerts, with how many there are that one has not seen; nothing for those who are told of none. */
export function Bell() {
  const newest = useNewestAlerts();
  const { count, word } = unseenOf(newest.data, useSeen());
  if (!newest.data) return null;
  const label = count > 0 ? `Alerts, ${word} new` : "Alerts";
  return (
    <Link
      to="/alerts"
      aria-label={label}
      title={label}
      data-testid="bell"
      className="relative grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-text aria-[current=page]:bg-selected aria-[current=page]:text-text"
    >
      <Icon aria-hidden className="size-4" />
      {count > 0 && (
        <span
          aria-hidden
          className="absolute -top-0.5 -right-0.5 grid h-4 min-w-4 place-items-center rounded-full bg-bad px-1 font-medium text-[10px] text-on-bad tabular-nums leading-none"
        >
          {word}
        </span>
      )}
    </Link>
  );
}
