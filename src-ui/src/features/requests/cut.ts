// The ledger's files are written backwards and end with its first request. One of a span of time ends where that begins.

/** Passes lines on up to the first record that is older. Both forms say the time as RFC 3339, which sorts as it is written. */
export function cutBefore(from: number, format: "csv" | "jsonl") {
  const start = new Date(from).toISOString();
  const timeOf = format === "csv" ? /^(\d{4}-\d\d-\d\dT[^,]*),/ : /^\{"time":"(\d{4}-\d\d-\d\dT[^"]*)"/;
  let [rest, quoted, over] = ["", false, false];
  const take = (line: string) => {
    // A text may hold line breaks, within quotes; what follows one is not the beginning of a record.
    const time = quoted ? undefined : timeOf.exec(line)?.[1];
    if (format === "csv" && line.split('"').length % 2 === 0) quoted = !quoted;
    over ||= time !== undefined && Date.parse(time) < Date.parse(start);
    return over ? "" : line;
  };
  return new TransformStream<string, string>({
    transform(chunk, out) {
      const lines = (rest + chunk).split(/(?<=\n)/);
      rest = lines.at(-1)?.endsWith("\n") ? "" : (lines.pop() ?? "");
      const kept = lines.map(take).join("");
      if (kept) out.enqueue(kept);
      if (over) out.terminate();
    },
    flush(out) {
      const last = take(rest);
      if (last) out.enqueue(last);
    },
  });
}
