import type { Caller } from "./call.ts";

/** Handles one request with one response. A thrown error becomes the call's status. */
export type UnaryHandler<Request, Response> = (
  request: Request,
  caller: Caller,
) => Response | Promise<Response>;

/** Handles one request with many responses. The call ends with OK when the promise resolves. */
export type AnswersHandler<Request, Response> = (
  request: Request,
  answers: Answers<Response>,
) => Promise<void>;

/** Handles many requests with many responses, in any order. */
export type StreamHandler<Request, Response> = (stream: Stream<Request, Response>) => void;

/** The responses of one call, as they are sent. */
export interface Answers<Response> extends Caller {
  /** @returns false when the client has not yet read enough: await `drained` before the next write */
  write(response: Response): boolean;
  readonly needsDrain: boolean;
  /**
   * Resolves when more responses can be sent.
   * @throws AbortError when the call ends first without the status OK; its cause is an RpcError CANCELLED
   */
  drained(): Promise<void>;
}

export interface Stream<Request, Response> extends Answers<Response> {
  /** Sets the listener for the requests and for their end. The handler calls this once, at the beginning. */
  receive(listener: { request(request: Request): void; end(): void }): void;
  /** Ends the call with OK. */
  end(): void;
  /** Ends the call with the status of this error. */
  fail(error: unknown): void;
}

/** Handlers by method name, whose first letter may be upper or lower case. The definition decides the kind of each. */
// biome-ignore lint/suspicious/noExplicitAny: every method has request and response types of its own
export type Handlers = Readonly<Record<string, Handler<any, any>>>;

export type Handler<Request, Response> =
  | UnaryHandler<Request, Response>
  | AnswersHandler<Request, Response>
  | StreamHandler<Request, Response>;
