// A body as the conversation that it holds, whichever format it is in: the formats differ in where things stand, hardly in what
// there is. What is not understood is kept as it is written.

export interface Part {
  kind: "text" | "thinking" | "call" | "result" | "other";
  /** A tool's name, or what the part is. */
  name: string | null;
  text: string;
}
export interface Turn {
  role: string;
  parts: Part[];
}
export interface Conversation {
  turns: Turn[];
  /** Names of the tools that were offered. */
  tools: string[];
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown) => (typeof value === "string" ? value : null);
const shown = (value: unknown) => text(value) ?? JSON.stringify(value, null, 2) ?? "";
/** Arguments are JSON in a text as often as they are JSON. */
function pretty(value: unknown) {
  if (typeof value !== "string") return shown(value);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

function parsed(body: string): Json | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Null where there is nothing to read as a conversation: it was cut, or is something else. */
export function readRequest(body: string): Conversation | null {
  const json = parsed(body);
  if (!json) return null;
  const system = json.system ?? json.instructions ?? json.systemInstruction ?? json.system_instruction ?? json.preamble;
  const turns: Turn[] = system ? [{ role: "system", parts: partsOf(system) }] : [];
  for (const name of ["messages", "contents", "input", "chat_history"] as const) {
    const value = json[name];
    if (typeof value === "string") turns.push({ role: "user", parts: partsOf(value) });
    else for (const item of list(value)) turns.push(turnOf(item));
  }
  if (typeof json.prompt === "string") turns.push({ role: "user", parts: partsOf(json.prompt) });
  if (typeof json.message === "string") turns.push({ role: "user", parts: partsOf(json.message) });
  return turns.length > 0 ? { turns: joined(turns), tools: toolsOf(json) } : null;
}

export function readAnswer(body: string): Conversation | null {
  const json = parsed(body);
  if (!json) return null;
  const turns: Turn[] = [];
  for (const choice of list(json.choices)) {
    if (!isObject(choice)) continue;
    if (isObject(choice.message)) turns.push(turnOf({ role: "assistant", ...choice.message }));
    else if (typeof choice.text === "string") turns.push({ role: "assistant", parts: partsOf(choice.text) });
  }
  for (const candidate of list(json.candidates)) if (isObject(candidate)) turns.push(turnOf(candidate.content));
  for (const item of list(json.output)) turns.push(turnOf(item));
  const message = isObject(json.output) && !Array.isArray(json.output) ? json.output.message : json.message;
  if (isObject(message)) turns.push(turnOf({ role: "assistant", ...message }));
  if (Array.isArray(json.content)) turns.push({ role: "assistant", parts: partsOf(json.content) });
  if (typeof json.response === "string") turns.push({ role: "assistant", parts: partsOf(json.response) });
  return turns.length > 0 ? { turns: joined(turns), tools: [] } : null;
}

const ROLES: Record<string, string> = { model: "assistant", developer: "system", CHATBOT: "assistant", USER: "user" };

function turnOf(item: unknown): Turn {
  if (!isObject(item)) return { role: "user", parts: partsOf(item) };
  const said = text(item.role);
  // Items of the responses API stand beside messages.
  if (said === null && typeof item.type === "string" && item.type !== "message") {
    const role = /output$/.test(item.type) ? "tool" : "assistant";
    return { role, parts: [partOf(item)] };
  }
  const role = ROLES[said ?? ""] ?? said?.toLowerCase() ?? "assistant";
  const content = item.content ?? item.parts ?? item.message;
  const parts = role === "tool" ? resultOf(item, content) : partsOf(content);
  const thought = text(item.reasoning_content) ?? text(item.thinking);
  if (thought) parts.unshift({ kind: "thinking", name: null, text: thought });
  for (const call of list(item.tool_calls)) {
    if (!isObject(call)) continue;
    const made = isObject(call.function) ? call.function : call;
    parts.push({ kind: "call", name: text(made.name), text: pretty(made.arguments ?? made.parameters) });
  }
  const refusal = text(item.refusal);
  if (refusal) parts.push({ kind: "text", name: null, text: refusal });
  return { role, parts };
}

const resultOf = (item: Json, content: unknown): Part[] => [
  {
    kind: "result",
    name: text(item.name) ?? text(item.tool_name) ?? null,
    text: partsOf(content)
      .map((part) => part.text)
      .join("\n"),
  },
];

function partsOf(content: unknown): Part[] {
  if (content === null || content === undefined || content === "") return [];
  if (typeof content === "string") return [{ kind: "text", name: null, text: content }];
  if (isObject(content) && Array.isArray(content.parts)) return partsOf(content.parts);
  if (Array.isArray(content)) return content.map(partOf);
  return [partOf(content)];
}

function partOf(part: unknown): Part {
  if (typeof part === "string") return { kind: "text", name: null, text: part };
  if (!isObject(part)) return { kind: "other", name: null, text: shown(part) };
  const type = text(part.type) ?? "";
  const nested = (value: unknown) =>
    partsOf(value)
      .map((inner) => inner.text)
      .join("\n");
  if (type === "thinking" || type === "reasoning" || part.thought === true)
    return { kind: "thinking", name: null, text: text(part.thinking) ?? text(part.text) ?? nested(part.summary) };
  const call = [part.functionCall, part.toolUse].find(isObject);
  if (call) return { kind: "call", name: text(call.name), text: pretty(call.args ?? call.input) };
  if (/tool_use$|^function_call$|^custom_tool_call$/.test(type))
    return { kind: "call", name: text(part.name), text: pretty(part.input ?? part.arguments) };
  const result = [part.functionResponse, part.toolResult].find(isObject);
  if (result)
    return {
      kind: "result",
      name: text(result.name),
      text: result.response === undefined ? nested(result.content) : shown(result.response),
    };
  if (/tool_result$|_call_output$/.test(type))
    return { kind: "result", name: text(part.name), text: nested(part.content ?? part.output) };
  if (typeof part.text === "string") return { kind: "text", name: null, text: part.text };
  return { kind: "other", name: what(part, type), text: shown(part) };
}

function what(part: Json, type: string) {
  const inline = [part.inlineData, part.inline_data, part.source].find(isObject);
  const media = text(inline?.mimeType) ?? text(inline?.mime_type) ?? text(inline?.media_type);
  if (/image/.test(type) || media?.startsWith("image/") || part.image) return "image";
  if (/audio/.test(type) || media?.startsWith("audio/")) return "audio";
  if (/file|document/.test(type) || media) return "file";
  return type.replaceAll("_", " ") || null;
}

function toolsOf(json: Json): string[] {
  const wrapped = isObject(json.toolConfig) ? list(json.toolConfig.tools) : [];
  return [...list(json.tools), ...wrapped].flatMap((tool) => {
    if (!isObject(tool)) return [];
    const declared = list(tool.functionDeclarations ?? tool.function_declarations);
    const inner = [tool.function, tool.toolSpec].find(isObject) ?? tool;
    const names = declared.length > 0 ? declared.map((one) => isObject(one) && one.name) : [inner.name ?? tool.type];
    return names.filter((name) => typeof name === "string");
  });
}

/** What one side says in several items is one turn. */
function joined(turns: Turn[]): Turn[] {
  const whole: Turn[] = [];
  for (const turn of turns) {
    const last = whole.at(-1);
    const results = turn.parts.length > 0 && turn.parts.every(({ kind }) => kind === "result");
    const role = results ? "tool" : turn.role;
    if (last && last.role === role) last.parts.push(...turn.parts);
    else whole.push({ role, parts: [...turn.parts] });
  }
  return whole;
}
