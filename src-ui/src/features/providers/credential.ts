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
  "If empty, AWS's credentials on this machine: the profile above, single sign-on, the environment or a role.";
const OWN: Record<string, string | undefined> = {
  bedrock: AWS,
  sagemaker: AWS,
  vertex: "If empty, Google's credentials on this machine, as gcloud auth application-default login leaves them.",
};

/** What proves who asks where no key is given. */
export function withoutKey(preset: Preset, given: Settings): string | undefined {
  if (needsKey(preset, given)) return undefined;
  if (preset.needs_key) return "If empty, the identity chosen above.";
  if (preset.local) return "A local server needs none, unless you gave it one.";
  if (knowsIdentities(preset)) return OWN[preset.id] ?? "If empty, this machine's own identity.";
  return "If empty, requests are sent without one.";
}
