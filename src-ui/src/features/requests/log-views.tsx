import { useNavigate } from "@tanstack/react-router";
import { Segmented } from "@/components/controls";

/** The same calls one by one, or summed up by the run that made them. A project stays chosen in both. */
export function LogViews({ view, filter }: { view: "requests" | "sessions"; filter: { project?: string } }) {
  const navigate = useNavigate();
  const search = { project: filter.project };
  return (
    <Segmented
      label="Shown as"
      testid="log-view"
      value={view}
      onChange={(next) =>
        void (next === "sessions"
          ? navigate({ to: "/requests/sessions", search })
          : navigate({ to: "/requests", search }))
      }
      options={[
        { value: "requests", label: "Requests" },
        { value: "sessions", label: "Sessions" },
      ]}
    />
  );
}
