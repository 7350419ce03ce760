import { once } from "node:events";
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { Status } from "../rpc-error.ts";
import { RpcError } from "../rpc-error.ts";

/** The client's side of a call, as far as a handler needs it. */
export interface Caller {
  readonly headers: IncomingHttpHeaders;
  /** Connection of the call: the client's address and port. */
  readonly peer: string;
  /**
   * Aborted when the call ends without the status OK. Causes are a cancellation, a lost connection, a passed deadline,
   * an unreadable request, and a refusal.
   */
  readonly signal: AbortSignal;
}

export const OK: Status = { code: status.OK, details: "" };
const HEADERS = { ":status": 200, "content-type": "application/grpc" };
const CANCELLED: Status = { code: status.CANCELLED, details: "The call was cancelled." };
/** Abort reason of every call: one shared error, because a stack for each call costs time. */
const CALL_IS_OVER = new RpcError(CANCELLED.code, CANCELLED.details);

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
/** Longest delay of a timer in Node. A timer with a longer delay fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * One call: sends its messages and exactly one status. A class, because closures would create all functions anew for
 * every request.
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
    // An error of the stream is followed by "close", which cancels the call.
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
      if (this.#outcome && this.#outcome.code !== status.OK) this.#controller.abort(CALL_IS_OVER);
    }
    return this.#controller.signal;
  }

  /** True when the status is decided: messages sent now would not arrive. */
  get isOver(): boolean {
    return this.#outcome !== undefined;
  }

  /** True while the client has not yet read enough of the messages sent. */
  get needsDrain(): boolean {
    return !this.isOver && this.#stream.writableNeedDrain;
  }

  /**
   * Resolves when more messages can be sent.
   * @throws AbortError when the call ends first without the status OK; its cause is an RpcError CANCELLED
   */
  async drained(): Promise<void> {
    if (this.needsDrain) await once(this.#stream, "drain", { signal: this.signal });
  }

  /** Replaces the status OK by this one: injects the fault of a lost answer. */
  loseAnswer(lost: Status): void {
    this.#lost = lost;
  }

  /** @returns false when the client has not yet read enough of the messages sent */
  write(frame: Buffer): boolean {
    if (this.isOver || this.#stream.destroyed) return true;
    this.#begin();
    return this.#stream.write(frame);
  }

  /** Sends the last message and the status OK. */
  answer(frame: Buffer): void {
    if (this.#lost) this.finish(OK);
    if (this.isOver || this.#stream.destroyed) return;
    this.#end(OK);
    this.#begin();
    this.#stream.end(frame);
  }

  /** Sends the status. A second status has no effect. */
  finish(outcome: Status): void {
    if (this.isOver) return;
    this.#end(outcome.code === status.OK ? (this.#lost ?? outcome) : outcome);
    if (this.#stream.destroyed || this.#stream.closed) return;
    if (this.#hasBegun) this.#stream.end();
    else this.#stream.respond({ ...HEADERS, ...this.#trailers() }, { endStream: true });
    // The rest of the request is read and dropped, so that the connection's window opens again.
    this.#stream.resume();
  }

  /** Answers 415 to a request that is not gRPC. */
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
    if (outcome.code !== status.OK) this.#controller?.abort(CALL_IS_OVER);
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
    const ms = Math.min(Number(amount) * (UNIT_MS[unit] ?? 0), MAX_TIMER_MS);
    this.#deadline = setTimeout(() => {
      this.finish({ code: status.DEADLINE_EXCEEDED, details: "Deadline exceeded" });
    }, ms);
  }
}

/** Cache of the peers: every look at a session's socket goes through a proxy. */
const peers = new WeakMap<Http2Session, string>();

/** Returns the client's end of a connection: address and port. */
export function peerOf(session: Http2Session | undefined): string {
  if (!session) return "";
  let peer = peers.get(session);
  if (peer === undefined) {
    peer = `${session.socket.remoteAddress}:${session.socket.remotePort}`;
    peers.set(session, peer);
  }
  return peer;
}
