import { readFileSync } from "node:fs";
import type { CatalogueModel } from "../src/api/contract.ts";

interface Row {
  id: string;
  provider: string;
  mode: string;
  context?: number;
  max_output?: number;
  caps?: string;
  prices?: Record<string, number>;
  tiers?: { above_tokens: number; prices: Record<string, number> }[];
  deprecates?: string;
  source?: string;
}

const file = JSON.parse(readFileSync(new URL("../../crates/gateway/data/catalogue.json", import.meta.url), "utf8")) as {
  version: string;
  generated: string;
  sources: unknown;
  models: Row[];
};

export const version = file.version;
export const generated = file.generated;

export const models: CatalogueModel[] = file.models.map((row) => ({
  id: row.id,
  provider: row.provider,
  mode: row.mode,
  context: row.context ?? null,
  max_output: row.max_output ?? null,
  capabilities: row.caps ? row.caps.split(" ") : [],
  prices: row.prices ?? {},
  tiers: row.tiers ?? [],
  deprecates: row.deprecates ?? null,
  source: row.source ?? "litellm",
  source_version: file.version,
  available: false,
  overridden: false,
}));

const byName = new Map(models.map((model) => [`${model.provider}/${model.id}`, model]));
export const find = (provider: string, id: string) => byName.get(`${provider}/${id}`);
