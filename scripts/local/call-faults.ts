import type { Responder, ServerInterceptor } from "@grpc/grpc-js";
import { ServerInterceptingCall, ServerListenerBuilder } from "@grpc/grpc-js";

/** What is to go wrong with one gRPC call; nothing when it is empty. */
export interface CallFault {
  /** Real milliseconds that the call is held back. */
  waitMs?: number;
  /** The call is answered with this status, and nobody else sees it. */
  refusal?: CallStatus;
  /** The call is carried out and then, if that went well, answered with this status. */
  lostAnswer?: CallStatus;
}

interface CallStatus {
  code: number;
  details: string;
}

export type CallFaultOf = (path: string, method: { unary: boolean }) => CallFault;

let faultOf: CallFaultOf | undefined;

/**
 * From now on asks what is to go wrong with each call to any gRPC server of this process; undefined ends that.
 * It is the process' and not a server's, so that no service has to know of it.
 */
export function setCallFaults(next: CallFaultOf | undefined): void {
  faultOf = next;
}

/** Lets calls go wrong as setCallFaults demands: to be given to every server. */
export const callFaults: ServerInterceptor = (method, call) => {
  const unary = !method.requestStream && !method.responseStream;
  const fault = faultOf?.(method.path, { unary }) ?? {};
  const responder = responderFor(fault, call);
  // Nothing is put around a call that nothing happens to: that would cost much of what a small one costs.
  return responder ? new ServerInterceptingCall(call, responder) : (call as ServerInterceptingCall);
};

function responderFor(
  { waitMs, refusal, lostAnswer }: CallFault,
  call: Parameters<ServerInterceptor>[1],
): Responder | undefined {
  if (waitMs === undefined && !refusal && !lostAnswer) return undefined;
  const listener = new ServerListenerBuilder().withOnReceiveMetadata(async (metadata, next) => {
    if (waitMs) await new Promise(resolve => setTimeout(resolve, waitMs));
    if (refusal) call.sendStatus({ ...refusal, metadata: null });
    else next(metadata);
  });
  return {
    start: next => next(listener.build()),
    sendStatus: (answer, next) =>
      next(lostAnswer && answer.code === 0 ? { ...answer, ...lostAnswer } : answer),
  };
}
