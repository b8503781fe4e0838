import type { Preset, Provider } from "@/api/contract";
import type { Tone } from "@/components/controls";
import { knowsIdentities, needsKey, type Settings } from "./settings";

type State = Provider["credential"]["state"];

const STATES: Record<State, { tone: Tone; word: string }> = {
  stored: { tone: "ok", word: "Key stored" },
  not_needed: { tone: "neutral", word: "No key needed" },
  missing: { tone: "bad", word: "Key missing" },
  unavailable: { tone: "warn", word: "Vault not available" },
  refused: { tone: "bad", word: "Key refused" },
};

/** In words: the end of a key, or whose a document is. */
export function credentialState({ state, hint }: Provider["credential"], preset?: Preset) {
  const word =
    state === "stored" && hint
      ? hintOf(hint)
      : state === "not_needed" && preset && knowsIdentities(preset)
        ? "This machine's identity"
        : STATES[state].word;
  return { tone: STATES[state].tone, text: word };
}

const hintOf = (hint: string) => (hint.startsWith("…") ? `Key ${hint}` : hint);

/** What the clouds take is more than keys. */
export const credentialWord = (preset: Preset) => (knowsIdentities(preset) ? "Credential" : "API key");

const AWS =
  "Left empty, AWS's credentials on this machine are used: the profile above, single sign-on, the environment, a role.";
const OWN: Record<string, string | undefined> = {
  bedrock: AWS,
  sagemaker: AWS,
  vertex:
    "Left empty, Google's credentials on this machine are used: gcloud's (application-default login) or a service account's.",
};

/** What proves who asks where no key is given. */
export function withoutKey(preset: Preset, given: Settings): string | undefined {
  if (needsKey(preset, given)) return undefined;
  if (preset.needs_key) return "Left empty, the identity chosen above is used.";
  if (preset.local) return "A local server needs none, unless you gave it one.";
  if (knowsIdentities(preset)) return OWN[preset.id] ?? "Left empty, this machine's own identity is used.";
  return "Left empty, requests are sent without one.";
}
