import type { CatalogueModel } from "@/api/contract";

/** Without the provider, where that is said beside it. */
export const shortModel = (model: string, provider: string | null) =>
  provider && model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;

/** The name a client sends: provider/model. Some catalogue ids already begin with their provider. */
export const modelName = ({ id, provider }: Pick<CatalogueModel, "id" | "provider">) =>
  id.startsWith(`${provider}/`) ? id : `${provider}/${id}`;
