import { once } from "node:events";
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { Status } from "../rpc-error.ts";
import { RpcError } from "../rpc-error.ts";

/** What a handler knows of a call besides what was asked. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  /** The connection it came on: the client's address and port. */
  readonly peer: string;
  /**
   * Aborted when the client cancels or disconnects, its deadline passes, or what it said could not be read: nobody
   * waits for an answer.
   */
  readonly signal: AbortSignal;
}

export const OK: Status = { code: status.OK, details: "" };
const HEADERS = { ":status": 200, "content-type": "application/grpc" };
const CANCELLED: Status = { code: status.CANCELLED, details: "The call was cancelled." };
/** The reason that is given to whoever works for the call: one for all, because a stack each time costs. */
const NOBODY_WAITS = new RpcError(CANCELLED.code, CANCELLED.details);

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
/** The longest that a timer of Node's waits: a longer one would be over at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * One call on its way back: what it is answered, and that it is told once how it ended. A class, because one is made
 * for every request and its functions would be made with it.
 */
export class Call implements Caller {
  readonly headers: IncomingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  #outcome: Status | undefined;
  #hasBegun = false;
  #lost: Status | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream;
    this.headers = headers;
    // What breaks a call also closes it.
    stream.on("error", () => undefined);
    stream.on("close", () => this.#cancel());
    const timeout = headers["grpc-timeout"];
    if (timeout !== undefined) this.#startDeadline(String(timeout));
  }

  get peer(): string {
    return peerOf(this.#stream.session);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#outcome && this.#outcome.code !== status.OK) this.#controller.abort(NOBODY_WAITS);
    }
    return this.#controller.signal;
  }

  /** Nothing that is sent now would arrive. */
  get isOver(): boolean {
    return this.#outcome !== undefined;
  }

  /** The client has not yet taken enough of what was sent. */
  get needsDrain(): boolean {
    return !this.isOver && this.#stream.writableNeedDrain;
  }

  /** Resolves when more can be sent; rejects when nobody waits for it any more. */
  async drained(): Promise<void> {
    if (this.needsDrain) await once(this.#stream, "drain", { signal: this.signal });
  }

  /** However well it goes, it is told to have ended so. */
  loseAnswer(lost: Status): void {
    this.#lost = lost;
  }

  /** @returns false when the client has not yet taken enough of what was sent */
  write(frame: Buffer): boolean {
    if (this.isOver || this.#stream.destroyed) return true;
    this.#begin();
    return this.#stream.write(frame);
  }

  /** Ends well, with a last message. */
  answer(frame: Buffer): void {
    if (this.#lost) this.finish(OK);
    if (this.isOver || this.#stream.destroyed) return;
    this.#end(OK);
    this.#begin();
    this.#stream.end(frame);
  }

  /** The first one counts. */
  finish(outcome: Status): void {
    if (this.isOver) return;
    this.#end(outcome.code === status.OK ? (this.#lost ?? outcome) : outcome);
    if (this.#stream.destroyed || this.#stream.closed) return;
    if (this.#hasBegun) this.#stream.end();
    else this.#stream.respond({ ...HEADERS, ...this.#trailers() }, { endStream: true });
    // What the client still sends is read, so that its connection goes on.
    this.#stream.resume();
  }

  /** It is no gRPC: HTTP's own 415. */
  refuseMedia(): void {
    this.#end({ code: status.UNKNOWN, details: "" });
    this.#stream.respond({ ":status": 415 }, { endStream: true });
    this.#stream.resume();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#stream.respond(HEADERS, { waitForTrailers: true });
    this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(this.#trailers()));
  }

  #end(outcome: Status): void {
    this.#outcome = outcome;
    clearTimeout(this.#deadline);
    if (outcome.code !== status.OK) this.#controller?.abort(NOBODY_WAITS);
  }

  #trailers() {
    const { code, details } = this.#outcome ?? OK;
    if (code === status.OK) return { "grpc-status": "0" };
    // Lone surrogates have no encoding.
    return { "grpc-status": String(code), "grpc-message": encodeURI(details.toWellFormed()) };
  }

  #cancel(): void {
    if (!this.isOver) this.#end(CANCELLED);
  }

  /** @param timeout at most eight digits and a unit: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
  #startDeadline(timeout: string): void {
    const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? [];
    if (unit === undefined) {
      this.finish({ code: status.INTERNAL, details: `Invalid grpc-timeout value "${timeout}"` });
      return;
    }
    const ms = Math.min(Number(amount) * (UNIT_MS[unit] ?? 0), LONGEST_MS);
    this.#deadline = setTimeout(() => {
      this.finish({ code: status.DEADLINE_EXCEEDED, details: "Deadline exceeded" });
    }, ms);
  }
}

/** Looking at a session's socket goes through a proxy, every time. */
const peers = new WeakMap<Http2Session, string>();

/** The other end of a connection: address and port. */
export function peerOf(session: Http2Session | undefined): string {
  if (!session) return "";
  let peer = peers.get(session);
  if (peer === undefined) {
    peer = `${session.socket.remoteAddress}:${session.socket.remotePort}`;
    peers.set(session, peer);
  }
  return peer;
}
