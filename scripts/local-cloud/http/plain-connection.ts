import type { Socket } from "node:net";
import type { AnswerReader, HttpAnswer } from "./http-answer.ts";
import { AnswerCutOff, createAnswerReader, NoAnswerInTime } from "./http-answer.ts";

/** One call over plain HTTP, in the form in which it is sent. */
export interface PlainCall {
  host: string;
  port: number;
  method: string;
  /** The request line and the headers, with the empty line at their end. */
  head: string;
  body: Uint8Array | string;
  timeoutMs: number;
}

/** The receiver closed an idle connection just before a call used it. The receiver has not seen the call. */
export class ClosedUnderUs extends Error {}

/** The call in progress on a connection. */
interface CallInProgress {
  read: AnswerReader;
  /** True when a first piece of the response has arrived: the call must not be sent again. */
  hasBegun: boolean;
  resolve(answer: HttpAnswer): void;
  reject(error: unknown): void;
  timer: NodeJS.Timeout;
}

interface ConnectionEvents {
  /** The connection can serve its next call. */
  onFree(): void;
  /** The connection is closed. */
  onGone(): void;
}

/** One kept-alive connection, with one call at a time. */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #on: ConnectionEvents;
  #current: CallInProgress | undefined;
  /** True after the first complete response. */
  #isUsed = false;

  constructor(socket: Socket, on: ConnectionEvents) {
    this.#socket = socket;
    this.#on = on;
    socket.on("data", piece => this.#read(piece));
    socket.on("end", () => this.#read(undefined));
    socket.on("error", error => this.destroy(error));
    socket.on("close", () => this.destroy(new AnswerCutOff("connection was closed before the answer")));
  }

  /**
   * Sends a call and resolves with its response.
   * @throws ClosedUnderUs when the call can be sent again on another connection
   */
  exchange({ method, head, body, timeoutMs }: PlainCall): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const late = () => this.destroy(new NoAnswerInTime(`no answer within ${timeoutMs / 1000} s`));
      const timer = setTimeout(late, timeoutMs);
      this.#current = { read: createAnswerReader(method), hasBegun: false, resolve, reject, timer };
      this.#write(head, body);
    });
  }

  destroy(error: unknown): void {
    this.#on.onGone();
    this.#socket.destroy();
    const call = this.#endCall();
    call?.reject(this.#isUsed && !call.hasBegun && isReset(error) ? new ClosedUnderUs() : error);
  }

  #endCall(): CallInProgress | undefined {
    const ended = this.#current;
    clearTimeout(ended?.timer);
    this.#current = undefined;
    return ended;
  }

  #read(piece: Buffer | undefined): void {
    if (this.#current && piece) this.#current.hasBegun = true;
    try {
      const whole = this.#current?.read(piece);
      // A connection that sends bytes or ends without a call cannot serve the next one.
      if (!this.#current || whole?.isReusable === false) {
        this.#on.onGone();
        this.#socket.destroy();
      }
      if (!whole) return;
      this.#isUsed = true;
      const call = this.#endCall();
      if (whole.isReusable) this.#on.onFree();
      call?.resolve(whole.answer);
    } catch (error) {
      this.destroy(error);
    }
  }

  #write(head: string, body: Uint8Array | string): void {
    if (typeof body === "string") {
      this.#socket.write(head + body);
      return;
    }
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(body);
    this.#socket.uncork();
  }
}

function isReset(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return error instanceof AnswerCutOff || code === "ECONNRESET" || code === "EPIPE";
}
