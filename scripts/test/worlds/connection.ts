import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";

/** One HTTP answer as read from the socket. */
export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Options of `speak`. */
export type Talk = {
  /** Number of answers after which the client closes. Absent: the server closes. */
  readonly answers?: number;
  /** True for HEAD requests: the answers announce a body and have none. */
  readonly head?: boolean;
};

/** Sends raw bytes to a server, which may break every rule of HTTP, and returns the answers. */
export function speak(server: Server, send: string | Buffer | ((socket: Socket) => void), talk: Talk = {}) {
  return new Promise<RawAnswer[]>(resolve => {
    let unread = Buffer.alloc(0);
    const answers: RawAnswer[] = [];
    const socket = connect(portOf(server), "127.0.0.1", () => {
      if (typeof send === "function") send(socket);
      else socket.write(send);
    });
    socket.on("data", bytes => {
      unread = Buffer.concat([unread, bytes]);
      for (let next = firstAnswer(unread, talk.head); next; next = firstAnswer(unread, talk.head)) {
        answers.push(next.answer);
        unread = unread.subarray(next.length);
      }
      if (answers.length >= (talk.answers ?? Infinity)) socket.destroy();
    });
    // A server resets the connection of a client that it refuses. The answers so far count.
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(answers));
  });
}

/** Returns the TCP port of a listening server. */
export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string")
    throw new Error("server has no port: expected a server that listens on TCP");
  return address.port;
}

function firstAnswer(bytes: Buffer, head = false): { answer: RawAnswer; length: number } | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [statusLine = "", ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    lines.map(line => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  const bodyLength = head ? 0 : Number(headers["content-length"] ?? 0);
  const length = headEnd + 4 + bodyLength;
  if (bytes.length < length) return undefined;
  const body = bytes.subarray(headEnd + 4, length).toString();
  return { answer: { status: Number(statusLine.split(" ")[1]), headers, body }, length };
}

/** Returns the bytes of a request without a body. */
export const get = (path: string, method = "GET") => `${method} ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;

/** Returns the bytes of a POST to /echo; `headers` are whole lines. */
export function post(body: string | Buffer, headers = "", type = "application/json"): Buffer {
  const head = `POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Type: ${type}\r\n${headers}`;
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head + length), Buffer.from(body)]);
}
