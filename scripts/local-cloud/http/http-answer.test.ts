import { expect, test } from "@jest/globals";
import type { WholeAnswer } from "./http-answer.ts";
import { createAnswerReader } from "./http-answer.ts";

/** Reads a text in pieces of one size. The connection's end follows unless the response is complete before. */
function read(text: string, { size = 1, method = "POST" } = {}): WholeAnswer | undefined {
  const reader = createAnswerReader(method);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    const whole = reader(bytes.subarray(at, at + size));
    if (whole) return whole;
  }
  return reader(undefined);
}

const CHUNKED =
  "HTTP/1.1 503 Busy\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" +
  "3;name=value\r\nnot\r\nB\r\n now\r\n\r\nyet\r\n0\r\nx-trailer: 1\r\n\r\n";

test.each<[string, string, { status: number; excerpt: string }, boolean]>([
  ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", { status: 200, excerpt: "ok" }, true],
  ["in chunks", CHUNKED, { status: 503, excerpt: "not now\r\n\r\nyet" }, true],
  ["without a body", "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", { status: 204, excerpt: "" }, true],
  ["up to the end", "HTTP/1.1 200 OK\r\n\r\nall of it", { status: 200, excerpt: "all of it" }, false],
  ["of an old server", "HTTP/1.0 200\r\ncontent-length: 2\r\n\r\nok", { status: 200, excerpt: "ok" }, false],
  [
    "the last one",
    "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n",
    { status: 200, excerpt: "" },
    false,
  ],
  [
    "after an interim one",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    { status: 404, excerpt: "" },
    true,
  ],
])("reads an answer %s from pieces of every size", (_, text, answer, isReusable) => {
  for (let size = 1; size <= text.length; size += 1)
    expect(read(text, { size })).toEqual({ answer, isReusable });
});

test("expects no body after HEAD, whatever its content-length says", () => {
  const whole = read("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", { method: "HEAD" });
  expect(whole).toEqual({ answer: { status: 200, excerpt: "" }, isReusable: true });
});

const LONG_BODY = "é".repeat(3000);
const LONG = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(LONG_BODY)}\r\n\r\n${LONG_BODY}`;

test("keeps the beginning of a long body", () => {
  expect(read(LONG, { size: 700 })?.answer.excerpt).toBe("é".repeat(500));
});

test("does not reuse a connection that sends more than the response", () => {
  expect(read(`${LONG}!`, { size: 10_000 })?.isReusable).toBe(false);
});

test.each([
  ["ended in the body", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok", "before the response was complete"],
  ["ended in the chunks", CHUNKED.slice(0, -3), "before the response was complete"],
  ["ended in the head", "HTTP/1.1 200", "before the response was complete"],
  ["is of another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"],
  ["has a chunk of no size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "without a size"],
  ["never ends its head", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`, "not HTTP"],
])("throws when the response %s", (_, text, message) => {
  expect(() => read(text, { size: 1000 })).toThrow(message);
});
