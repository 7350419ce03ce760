import type { ServerHttp2Stream } from "node:http2";
import { isPromise } from "node:util/types";
import type { MethodDefinition } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { RpcError, statusOf } from "../rpc-error.ts";
import type { Call } from "./call.ts";
import { OK } from "./call.ts";
import { createFrameReader, frameOf } from "./frames.ts";
import type { Answers, AnswersHandler, Handler, Stream, StreamHandler, UnaryHandler } from "./handlers.ts";

/** A method that is served. */
export interface Method {
  isUnary: boolean;
  /** Reads what is asked, has it done, and sees to it that the call ends. */
  carryOut(stream: ServerHttp2Stream, call: Call): void;
}

type Definition<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "requestStream" | "responseStream" | "requestDeserialize" | "responseSerialize"
>;

/** Which of the kinds a handler is, its definition says. */
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
      // What is known at once is answered at once: the wait for a promise would be one more turn.
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

/** The one message of a call that asks once; it is there when the client has said that it was all. */
function readOne(stream: ServerHttp2Stream, call: Call, use: (message: Buffer) => void): void {
  let found: Buffer | undefined;
  read(stream, call, {
    message(message) {
      if (found) throw new RpcError(status.UNIMPLEMENTED, "There is more than one request in this call.");
      found = message;
    },
    end() {
      if (!found) throw new RpcError(status.UNIMPLEMENTED, "There is no request in this call.");
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
      if (!reader.isBetweenMessages()) throw new RpcError(status.INTERNAL, "A request ended too soon.");
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

/** Whose call is over is not told; that they went is no fault. */
function fail(call: Call, error: unknown): void {
  if (!call.isOver) call.finish(statusOf(error));
}
