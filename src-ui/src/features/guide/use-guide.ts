import { useState } from "react";
import { useAccess } from "@/api/access";
import type { Status } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { dismissGuide } from "@/api/routes";

// Once begun, the guide stays until it is closed: the arrival of the first request ends its condition, and that is
// the moment one wants to see it. Kept outside the component, so that a look at another page does not end it either.
let begun = false;

export function useGuide(status: Status | undefined) {
  const [closed, setClosed] = useState(false);
  const dismiss = useWrite(() => dismissGuide(true), ["status"]);
  // It adds a provider and issues a key: for whoever may.
  const { all } = useAccess();
  const due = all && status !== undefined && !status.setup.guide_dismissed && status.setup.external_requests === 0;
  if (due) begun = true;
  return {
    shown: !closed && (due || (begun && status !== undefined && !status.setup.guide_dismissed)),
    close: () => {
      begun = false;
      setClosed(true);
      dismiss.mutate(undefined);
    },
  };
}
