import { useNavigate, useSearch } from "@tanstack/react-router";
import { Segmented } from "@/components/controls";
import { CataloguePage } from "./catalogue-page";
import { DeploymentsPage } from "./deployments-page";

/** What there is in the world, and what one has made of it. */
export function ModelsPage() {
  const { view } = useSearch({ from: "/models" });
  const navigate = useNavigate({ from: "/models" });
  const views = (
    <Segmented
      label="Which models"
      testid="models-view"
      value={view ?? "catalogue"}
      onChange={(next) => void navigate({ search: { view: next === "groups" ? next : undefined } })}
      options={[
        { value: "catalogue", label: "Catalogue" },
        { value: "groups", label: "My model groups" },
      ]}
    />
  );
  return view === "groups" ? <DeploymentsPage views={views} /> : <CataloguePage views={views} />;
}
