import type { CatalogueModel } from "@/api/contract";

/** The name a client sends: provider/model. Some catalogue ids already begin with their provider. */
export const modelName = ({ id, provider }: Pick<CatalogueModel, "id" | "provider">) =>
  id.startsWith(`${provider}/`) ? id : `${provider}/${id}`;
