import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";

export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Talk = {
  /** Ends after this many answers; by default when the server closes. */
  readonly answers?: number;
  /** Answers to HEAD announce a body that does not come. */
  readonly head?: boolean;
};

/** Test support: a client that may break every rule of HTTP. Sends bytes as they are and reads the answers. */
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
    // A reset is what a server does to a client that it does not let finish; the answers so far count.
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(answers));
  });
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string")
    throw new Error("The server does not listen on a port.");
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

export const get = (path: string, method = "GET") => `${method} ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;

/** A POST to /echo; `headers` are whole lines. */
export function post(body: string | Buffer, headers = "", type = "application/json"): Buffer {
  const head = `POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Type: ${type}\r\n${headers}`;
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head + length), Buffer.from(body)]);
}
