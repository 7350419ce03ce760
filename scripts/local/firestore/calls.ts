import { once } from "node:events";
import type {
  ServerErrorResponse,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { RpcError } from "../rpc-error.ts";
import { checkRequestSize } from "./request-size.ts";

/** What gRPC is told: a refusal as it is; anything unexpected is INTERNAL with its message, and no crash. */
export function toServiceError(error: unknown): ServerErrorResponse {
  const code = error instanceof RpcError ? error.code : status.INTERNAL;
  const message = error instanceof Error ? error.message : String(error);
  return { name: "ServiceError", message, code, details: message };
}

/** grpc-js calls every call cancelled once it is over, so this is one error for all: a stack each time costs. */
const CANCELLED = new RpcError(status.CANCELLED, "The call was cancelled.");

/** Aborted when the client cancels, disconnects, or its deadline passes: nobody waits for the answer. */
export function signalOf(call: { on(event: "cancelled", listener: () => void): unknown }): AbortSignal {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(CANCELLED));
  return controller.signal;
}

/** What a handler knows of the call besides its request. */
export interface CallContext {
  signal: AbortSignal;
  /** The connection it came on: the client's address and port. */
  peer: string;
}

/** A handler for a call with one answer. */
export function unary<Request extends object, Response>(
  run: (request: Request, context: CallContext) => Promise<Response>,
) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    const signal = signalOf(call);
    const answer = async () => {
      checkRequestSize(call.request);
      return run(call.request, { signal, peer: call.getPeer() });
    };
    answer().then(
      response => callback(null, response),
      error => callback(toServiceError(error)),
    );
  };
}

/** A handler for a call with a stream of answers, sent as fast as the client takes them. */
export function streaming<Request extends object, Response>(
  run: (request: Request, context: CallContext) => Promise<Iterable<Response>>,
) {
  return async (call: ServerWritableStream<Request, Response>): Promise<void> => {
    const signal = signalOf(call);
    try {
      checkRequestSize(call.request);
      for (const response of await run(call.request, { signal, peer: call.getPeer() })) {
        if (!call.write(response)) await once(call, "drain", { signal });
      }
      call.end();
    } catch (error) {
      if (!signal.aborted) call.emit("error", toServiceError(error));
    }
  };
}
