import { expect, test } from "vitest";
import type { Preset, SettingSpec } from "@/api/contract";
import { changedSettings, filledUrl, knowsIdentities, needsKey, settingProblem, toldSettings } from "./settings";

const spec = (name: string, more: Partial<SettingSpec> = {}): SettingSpec => ({
  name,
  label: name,
  default: null,
  required: false,
  replaces_key: false,
  url: false,
  values: [],
  env: [],
  param: null,
  ...more,
});
const REGION = spec("region", { label: "Region", default: "us-east-1", env: ["AWS_REGION"] });
const VERTEX = "https://{location}-aiplatform.googleapis.com/v1/projects/{project}/locations/{location}";

test("only what changed is sent, and an emptied setting goes back to its default", () => {
  expect(changedSettings({})).toBeUndefined();
  expect(changedSettings({ region: " ", profile: "" })).toBeUndefined();
  expect(changedSettings({ region: " eu-central-1 " })).toEqual({ region: "eu-central-1" });
  expect(changedSettings({ region: "eu-central-1", profile: "" }, { region: "eu-central-1", profile: "work" })).toEqual(
    {
      profile: "",
    },
  );
});

test("an address shows what was given, else the default, else its braces", () => {
  const bedrock = "https://bedrock-runtime.{region}.amazonaws.com";
  expect(filledUrl(bedrock, [REGION], {})).toBe("https://bedrock-runtime.us-east-1.amazonaws.com");
  expect(filledUrl(bedrock, [REGION], { region: " eu-west-3 " })).toBe(
    "https://bedrock-runtime.eu-west-3.amazonaws.com",
  );
  expect(filledUrl(bedrock, undefined, {})).toBe(bedrock);
});

test("Vertex AI's global location has no host of its own", () => {
  const specs = [spec("project", { required: true }), spec("location", { default: "global" })];
  expect(filledUrl(VERTEX, specs, { project: "p" })).toBe(
    "https://aiplatform.googleapis.com/v1/projects/p/locations/global",
  );
  expect(filledUrl(VERTEX, specs, { location: "europe-west1" })).toBe(
    "https://europe-west1-aiplatform.googleapis.com/v1/projects/{project}/locations/europe-west1",
  );
});

test("what the environment may know is left for the gateway to judge", () => {
  const workspace = spec("workspace", { label: "Workspace host", required: true });
  expect(settingProblem(workspace, "")).toBe("Workspace host is needed.");
  expect(settingProblem(workspace, "x.cloud.databricks.com")).toBeNull();
  expect(settingProblem(spec("project", { required: true, env: ["GOOGLE_CLOUD_PROJECT"] }), "")).toBeNull();
  // The gateway leaves out members that say nothing.
  const { env: _, default: __, ...bare } = workspace;
  expect(settingProblem(bare as SettingSpec, undefined)).toBe("Workspace host is needed.");
});

test("settings are told in the preset's words, or in their own", () => {
  const specs = [spec("api_version", { label: "API version (none for the v1 API)" })];
  expect(toldSettings({ api_version: "2024-10-21" }, specs)).toEqual([
    { name: "api_version", label: "API version", value: "2024-10-21" },
  ]);
  expect(toldSettings({ iam_url: "x" }, undefined)[0]?.label).toBe("iam url");
});

test("an identity stands in for a key", () => {
  const azure = { needs_key: true, group: "cloud", settings: [spec("identity", { replaces_key: true })] } as Preset;
  expect(needsKey(azure, {})).toBe(true);
  expect(needsKey(azure, { identity: "managed" })).toBe(false);
  expect(knowsIdentities(azure)).toBe(true);
  expect(knowsIdentities({ ...azure, settings: [] })).toBe(false);
  expect(knowsIdentities({ ...azure, group: "local", needs_key: false })).toBe(false);
});
