import type { ServerHttp2Stream } from "node:http2";
import { isPromise } from "node:util/types";
import type { MethodDefinition } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { RpcError, statusOf } from "../rpc-error.ts";
import type { Call } from "./call.ts";
import { OK } from "./call.ts";
import { createFrameReader, frameOf } from "./frames.ts";
import type { Answers, AnswersHandler, Handler, Stream, StreamHandler, UnaryHandler } from "./handlers.ts";

/** A served method. */
export interface Method {
  isUnary: boolean;
  /** Reads the requests, runs the handler, and ends the call. */
  carryOut(stream: ServerHttp2Stream, call: Call): void;
}

type Definition<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "requestStream" | "responseStream" | "requestDeserialize" | "responseSerialize"
>;

/** Joins a method's definition with its handler. The definition decides whether requests and responses are streams. */
export function methodOf<Request, Response>(
  definition: Definition<Request, Response>,
  handler: Handler<Request, Response>,
): Method {
  if (definition.requestStream)
    return carrying(false, streamOf(definition, handler as StreamHandler<Request, Response>));
  if (definition.responseStream)
    return carrying(false, answersOf(definition, handler as AnswersHandler<Request, Response>));
  return carrying(true, unaryOf(definition, handler as UnaryHandler<Request, Response>));
}

function carrying(isUnary: boolean, carryOut: Method["carryOut"]): Method {
  return { isUnary, carryOut };
}

function unaryOf<Request, Response>(
  definition: Definition<Request, Response>,
  handler: UnaryHandler<Request, Response>,
): Method["carryOut"] {
  return (stream, call) => {
    const answer = (response: Response) => call.answer(frameOf(definition.responseSerialize(response)));
    readOne(stream, call, message => {
      const response = handler(requestIn(definition, message), call);
      // A synchronous response is sent at once: awaiting would cost one more turn of the event loop.
      if (isPromise(response)) response.then(answer).catch(error => fail(call, error));
      else answer(response);
    });
  };
}

function answersOf<Request, Response>(
  definition: Definition<Request, Response>,
  handler: AnswersHandler<Request, Response>,
): Method["carryOut"] {
  return (stream, call) =>
    readOne(stream, call, message => {
      handler(requestIn(definition, message), answersTo(call, definition)).then(
        () => call.finish(OK),
        error => fail(call, error),
      );
    });
}

function streamOf<Request, Response>(
  definition: Definition<Request, Response>,
  handler: StreamHandler<Request, Response>,
): Method["carryOut"] {
  return (stream, call) => {
    const both: Stream<Request, Response> = Object.assign(answersTo(call, definition), {
      receive(listener: Parameters<Stream<Request, Response>["receive"]>[0]) {
        read(stream, call, {
          message: message => listener.request(requestIn(definition, message)),
          end: listener.end,
        });
      },
      end: () => call.finish(OK),
      fail: (error: unknown) => fail(call, error),
    });
    handler(both);
  };
}

function answersTo<Response>(
  call: Call,
  { responseSerialize }: Pick<Definition<never, Response>, "responseSerialize">,
): Answers<Response> {
  return {
    headers: call.headers,
    peer: call.peer,
    get signal() {
      return call.signal;
    },
    get needsDrain() {
      return call.needsDrain;
    },
    drained: () => call.drained(),
    write: response => call.write(frameOf(responseSerialize(response))),
  };
}

/**
 * Reads the single request of a call. `use` runs at the end of the client's stream, which shows that the request
 * is the only one.
 */
function readOne(stream: ServerHttp2Stream, call: Call, use: (message: Buffer) => void): void {
  let found: Buffer | undefined;
  read(stream, call, {
    message(message) {
      if (found)
        throw new RpcError(status.UNIMPLEMENTED, "Call has more than one request: expected exactly one.");
      found = message;
    },
    end() {
      if (!found) throw new RpcError(status.UNIMPLEMENTED, "Call has no request: expected exactly one.");
      use(found);
    },
  });
}

function read(
  stream: ServerHttp2Stream,
  call: Call,
  { message, end }: { message(message: Buffer): void; end(): void },
): void {
  const reader = createFrameReader(call.headers["grpc-encoding"] as string | undefined);
  stream.on("data", (bytes: Buffer) => {
    if (call.isOver) return;
    try {
      reader.read(bytes, found => {
        if (!call.isOver) message(found);
      });
    } catch (error) {
      fail(call, error);
    }
  });
  stream.on("end", () => {
    if (call.isOver) return;
    try {
      if (!reader.isBetweenMessages())
        throw new RpcError(status.INTERNAL, "Request ended inside a message: expected the whole message.");
      end();
    } catch (error) {
      fail(call, error);
    }
  });
}

function requestIn<Request>(
  { requestDeserialize }: Pick<Definition<Request, never>, "requestDeserialize">,
  message: Buffer,
): Request {
  try {
    return requestDeserialize(message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RpcError(status.INTERNAL, `Error deserializing request: ${reason}`);
  }
}

/** Ends the call with the error's status. A call that is over stays as it is: a cancelled client gets no answer. */
function fail(call: Call, error: unknown): void {
  if (!call.isOver) call.finish(statusOf(error));
}
