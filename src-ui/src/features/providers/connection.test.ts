import { expect, test } from "vitest";
import type { Preset, Provider, SettingSpec } from "@/api/contract";
import { changeOf, connectionOf, connectionProblems, newConnection, withKey } from "./connection";
import { credentialState, credentialWord, withoutKey } from "./credential";

const spec = (name: string, more: Partial<SettingSpec> = {}) =>
  ({ name, label: name, required: false, replaces_key: false, ...more }) as SettingSpec;
const preset = (more: Partial<Preset>) =>
  ({ id: "x", group: "cloud", local: false, needs_key: true, settings: [], base_url: "", ...more }) as Preset;

const OPENAI = preset({ id: "openai", base_url: "https://api.openai.com/v1" });
const VERTEX = preset({
  id: "vertex",
  needs_key: false,
  base_url: "https://{location}-aiplatform.googleapis.com/v1/projects/{project}",
  settings: [spec("project", { required: true, env: ["GOOGLE_CLOUD_PROJECT"] }), spec("location")],
});
const AZURE = preset({ id: "azure", settings: [spec("identity", { replaces_key: true })] });
const configured = {
  base_url: VERTEX.base_url,
  settings: { project: "p", location: "europe-west1" },
  credential: { state: "stored", hint: "gateway@p.iam.gserviceaccount.com", detail: null },
} as unknown as Provider;

test("a draft holds what was typed, a change what is different", () => {
  expect(changeOf(OPENAI, newConnection(OPENAI))).toEqual({});
  expect(changeOf(OPENAI, { ...newConnection(OPENAI), key: " sk-1\n", baseUrl: "https://proxy.test/v1" })).toEqual({
    api_key: "sk-1",
    base_url: "https://proxy.test/v1",
  });
  expect(changeOf(VERTEX, connectionOf(configured), configured)).toEqual({});
  expect(changeOf(VERTEX, { ...connectionOf(configured), settings: { location: "" } }, configured)).toEqual({
    settings: { location: "" },
  });
});

test("an address of one's own can be given up again for the preset's", () => {
  const own = { ...configured, base_url: "https://private.test" };
  expect(connectionOf(configured).baseUrl).toBe("");
  expect(connectionOf(own).baseUrl).toBe("https://private.test");
  expect(changeOf(VERTEX, { ...connectionOf(own), baseUrl: "" }, own)).toEqual({ base_url: VERTEX.base_url });
});

test("what is missing is named by the gateway's name of the field", () => {
  expect(Object.keys(connectionProblems(OPENAI, newConnection(OPENAI)))).toEqual(["api_key"]);
  expect(Object.keys(connectionProblems(AZURE, newConnection(AZURE)))).toEqual(["base_url", "api_key"]);
  const managed = { settings: { identity: "managed" }, key: "", baseUrl: "https://mine.test" };
  expect(connectionProblems(AZURE, managed)).toEqual({});
  // Its address is made from the settings, and the project may be in the environment.
  expect(connectionProblems(VERTEX, newConnection(VERTEX))).toEqual({});
  expect(Object.keys(connectionProblems(VERTEX, { ...newConnection(VERTEX), key: "{" }))).toEqual(["api_key"]);
  // A key that is kept need not be entered again.
  expect(connectionProblems(OPENAI, newConnection(OPENAI), configured)).toEqual({});
});

test("a service account's project is taken over where none was entered and where one is asked for", () => {
  const key = '{"project_id": "mine"}';
  expect(withKey(VERTEX, newConnection(VERTEX), key).settings).toEqual({ project: "mine" });
  expect(withKey(VERTEX, { ...newConnection(VERTEX), settings: { project: "other" } }, key).settings).toEqual({
    project: "other",
  });
  expect(withKey(OPENAI, newConnection(OPENAI), key)).toEqual({ ...newConnection(OPENAI), key });
});

test("it is said what proves who asks", () => {
  expect(withoutKey(OPENAI, {})).toBeUndefined();
  expect(withoutKey(VERTEX, {})).toMatch(/gcloud/);
  expect(withoutKey(AZURE, { identity: "managed" })).toMatch(/identity chosen above/);
  expect(withoutKey(preset({ group: "local", local: true, needs_key: false }), {})).toMatch(/local server/);
  expect(withoutKey(preset({ group: "generic", needs_key: false }), {})).toMatch(/without one/);
  expect([OPENAI, VERTEX, AZURE].map(credentialWord)).toEqual(["API key", "Credential", "Credential"]);
});

test("the end of a key is called so, the name of an identity is shown as it is", () => {
  expect(credentialState({ state: "stored", hint: "…a1b2", detail: null }).text).toBe("Key …a1b2");
  expect(credentialState(configured.credential).text).toBe("gateway@p.iam.gserviceaccount.com");
  expect(credentialState({ state: "not_needed", hint: null, detail: null }, VERTEX).text).toBe(
    "This machine's identity",
  );
  expect(credentialState({ state: "not_needed", hint: null, detail: null }).text).toBe("No key needed");
});
