// The seam between the console and what shows it. Nothing outside this folder knows whether it runs in the native
// window or in a browser; nothing in this folder knows what the routes mean.

export interface PlatformResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** One server-sent event, or a change of the stream itself ("connected" / "disconnected"). */
export interface PlatformEvent {
  event: string;
  data: unknown;
}

/** Where a browser keeps the key that it signed in with: for this tab only, never on disk. */
export interface SignIn {
  present(): boolean;
  set(key: string): void;
  clear(): void;
}

/** Where a file is. Null: a browser put it where it puts downloads, and says so itself. */
export type Saved = string | null;

/** What becomes a file of the reader's, under that name or, where it is taken, a similar one. */
export interface Files {
  /** The answer to a GET, however large; where it was refused, the refusal. */
  saveAnswer(path: string, name: string): Promise<{ saved: Saved } | { refused: PlatformResponse }>;
  save(name: string, content: Blob): Promise<Saved>;
  /** Shows a saved file among the others of its folder; absent in a browser, which has a list of its own. */
  show: ((path: string) => Promise<void>) | null;
}

export interface Platform {
  kind: "window" | "browser";
  /** `cookies` sends those of the gateway along and takes new ones, which only the end of a sign-in elsewhere needs. */
  request(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
    cookies?: boolean,
  ): Promise<PlatformResponse>;
  /** Follows /console/events until unsubscribed, reconnecting by itself. */
  events(onEvent: (event: PlatformEvent) => void): () => void;
  copy(text: string): Promise<void>;
  /** A picture; where only texts can be copied it is refused. */
  copyPicture(png: Promise<Blob>): Promise<void>;
  openExternal(url: string): Promise<void>;
  files: Files;
  /** Moves the gateway to another port, for good. Absent in a browser, which would lose the gateway it came from. */
  listenOn: ((port: number) => Promise<string>) | null;
  /** Absent in the native window, which needs no key. */
  signIn: SignIn | null;
}
