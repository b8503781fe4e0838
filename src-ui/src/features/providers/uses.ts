// Who stands in the way of removing a provider, as the gateway's refusal tells it.
import { ApiError } from "@/api/http";

export interface Use {
  kind: "stored_deployment" | "config_deployment" | "alias" | "fallback";
  name: string;
  model_group: string | null;
}

/** Empty where it was refused for another reason, or not at all. */
export function usesOf(error: unknown): Use[] {
  if (!(error instanceof ApiError) || error.code !== "provider_in_use") return [];
  const told = (error.details as { used_by?: unknown } | null)?.used_by;
  return Array.isArray(told) ? told : [];
}

/** Only what is stored can be removed from here. */
export const mayGo = (uses: Use[]) => uses.length > 0 && uses.every(({ kind }) => kind === "stored_deployment");

export function inWords({ kind, name, model_group }: Use) {
  switch (kind) {
    case "stored_deployment":
      return `A deployment of ${model_group}`;
    case "config_deployment":
      return `A deployment of ${model_group}, in the configuration file`;
    case "alias":
      return `The alias ${name}, in the configuration file`;
    case "fallback":
      return `A fallback of ${name}, in the configuration file`;
  }
}
