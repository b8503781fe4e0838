/** Splits a text/event-stream, however it is chunked, into events. Comments and `id:`/`retry:` lines are skipped. */
export class EventStreamParser {
  private rest = "";
  private event = "";
  private data: string[] = [];

  push(chunk: string): { event: string; data: string }[] {
    const found: { event: string; data: string }[] = [];
    this.rest += chunk;
    // A trailing CR may be the first half of a CRLF that the next chunk completes.
    const end = this.rest.endsWith("\r") ? this.rest.length - 1 : this.rest.length;
    const lines = this.rest.slice(0, end).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + this.rest.slice(end);
    for (const line of lines) {
      if (line === "") {
        if (this.data.length > 0) found.push({ event: this.event || "message", data: this.data.join("\n") });
        this.event = "";
        this.data = [];
      } else if (!line.startsWith(":")) {
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") this.event = value;
        else if (field === "data") this.data.push(value);
      }
    }
    return found;
  }
}
