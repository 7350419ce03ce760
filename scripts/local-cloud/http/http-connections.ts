import type { Socket } from "node:net";
import { connect } from "node:net";
import type { AnswerReader, HttpAnswer } from "./http-answer.ts";
import { AnswerCutOff, createAnswerReader, NoAnswerInTime } from "./http-answer.ts";

/** One call over plain HTTP, as it goes over the wire. */
export interface PlainCall {
  host: string;
  port: number;
  method: string;
  /** The request line and the headers, with the empty line at their end. */
  head: string;
  body: Uint8Array | string;
  timeoutMs: number;
}

/**
 * Connections to plain HTTP servers, kept for the next call. Node's own client costs three times as much a call,
 * which would bound the push deliveries a second: `npm run bench:local` measures them.
 */
export interface HttpConnections {
  /** Rejects when the connection fails, when no answer comes in time, and when all are closed. */
  exchange(call: PlainCall): Promise<HttpAnswer>;
  close(): void;
}

export function createHttpConnections(): HttpConnections {
  const idle = new Map<string, Connection[]>();
  const open = new Set<Connection>();

  function connectionTo(host: string, port: number): Connection {
    const place = `${host} ${port}`;
    const free = idle.get(place) ?? [];
    idle.set(place, free);
    const last = free.pop();
    if (last) return last;
    const connection = createConnection(connect({ host, port, noDelay: true }), {
      onFree: () => free.push(connection),
      onGone: () => {
        open.delete(connection);
        const at = free.indexOf(connection);
        if (at >= 0) free.splice(at, 1);
      },
    });
    open.add(connection);
    return connection;
  }

  return {
    async exchange(call) {
      for (;;) {
        const connection = connectionTo(call.host, call.port);
        try {
          return await connection.exchange(call);
        } catch (error) {
          if (!(error instanceof ClosedUnderUs)) throw error;
        }
      }
    },
    close() {
      for (const connection of open) connection.destroy(new Error("the local service was stopped"));
    },
  };
}

/** The receiver closed an idle connection just as we used it: nobody has seen this call. */
class ClosedUnderUs extends Error {}

interface Connection {
  /** One call at a time. Rejects with ClosedUnderUs when the call can be made again elsewhere. */
  exchange(call: PlainCall): Promise<HttpAnswer>;
  destroy(error: Error): void;
}

interface UnderWay {
  read: AnswerReader;
  hasBegun: boolean;
  resolve(answer: HttpAnswer): void;
  reject(error: unknown): void;
  timer: NodeJS.Timeout;
}

function createConnection(socket: Socket, on: { onFree(): void; onGone(): void }): Connection {
  let current: UnderWay | undefined;
  let isUsed = false;

  function endCall(): UnderWay | undefined {
    const ended = current;
    clearTimeout(ended?.timer);
    current = undefined;
    return ended;
  }

  function destroy(error: unknown): void {
    on.onGone();
    socket.destroy();
    const call = endCall();
    call?.reject(isUsed && !call.hasBegun && isReset(error) ? new ClosedUnderUs() : error);
  }

  function read(piece: Buffer | undefined): void {
    if (current && piece) current.hasBegun = true;
    try {
      const whole = current?.read(piece);
      // What comes without a call, or ends without one, is no good for the next.
      if (!current || whole?.isReusable === false) {
        on.onGone();
        socket.destroy();
      }
      if (!whole) return;
      isUsed = true;
      const call = endCall();
      if (whole.isReusable) on.onFree();
      call?.resolve(whole.answer);
    } catch (error) {
      destroy(error);
    }
  }

  function write(head: string, body: Uint8Array | string): void {
    if (typeof body === "string") {
      socket.write(head + body);
      return;
    }
    socket.cork();
    socket.write(head);
    socket.write(body);
    socket.uncork();
  }

  socket.on("data", read);
  socket.on("end", () => read(undefined));
  socket.on("error", destroy);
  socket.on("close", () => destroy(new AnswerCutOff("the connection was closed before the answer")));
  return {
    exchange: ({ method, head, body, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const late = () => destroy(new NoAnswerInTime(`no answer within ${timeoutMs / 1000} s`));
        const timer = setTimeout(late, timeoutMs);
        current = { read: createAnswerReader(method), hasBegun: false, resolve, reject, timer };
        write(head, body);
      }),
    destroy,
  };
}

function isReset(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return error instanceof AnswerCutOff || code === "ECONNRESET" || code === "EPIPE";
}
