import { expect, test } from "vitest";
import { EventStreamParser } from "./sse";

const stream =
  ': hello\r\nevent: request\r\ndata: {"a":1}\r\n\r\nid: 7\ndata: one\ndata: two\n\nevent: empty\n\ndata:x\n\n';
const expected = [
  { event: "request", data: '{"a":1}' },
  { event: "message", data: "one\ntwo" },
  { event: "message", data: "x" },
];

test("a stream means the same however it is cut", () => {
  for (let size = 1; size <= stream.length; size++) {
    const parser = new EventStreamParser();
    const found = [];
    for (let at = 0; at < stream.length; at += size) found.push(...parser.push(stream.slice(at, at + size)));
    expect(found).toEqual(expected);
  }
});
