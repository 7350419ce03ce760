import type { Caller } from "./call.ts";

/** One request, one answer: what it throws becomes the status. */
export type UnaryHandler<Request, Response> = (
  request: Request,
  caller: Caller,
) => Response | Promise<Response>;

/** One request, many answers: it ends well when the promise resolves. */
export type AnswersHandler<Request, Response> = (
  request: Request,
  answers: Answers<Response>,
) => Promise<void>;

/** Many requests, many answers, in any order. */
export type StreamHandler<Request, Response> = (stream: Stream<Request, Response>) => void;

export interface Answers<Response> extends Caller {
  /** @returns false when the client has not yet taken enough of what was sent: wait until it is drained */
  write(response: Response): boolean;
  readonly needsDrain: boolean;
  /** Resolves when more can be sent; rejects when nobody waits for it any more. */
  drained(): Promise<void>;
}

export interface Stream<Request, Response> extends Answers<Response> {
  /** What is to be done with each request, and when there will be no other: told once, at the beginning. */
  receive(listener: { request(request: Request): void; end(): void }): void;
  end(): void;
  /** Ends with the status of this error. */
  fail(error: unknown): void;
}

/** By the name of the method, with a capital or a small letter; which kind it is the definition knows. */
// biome-ignore lint/suspicious/noExplicitAny: the requests and answers of each method are its own
export type Handlers = Readonly<Record<string, Handler<any, any>>>;

export type Handler<Request, Response> =
  | UnaryHandler<Request, Response>
  | AnswersHandler<Request, Response>
  | StreamHandler<Request, Response>;
