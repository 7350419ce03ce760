import type { Status } from "../rpc-error.ts";

/** What is to go wrong with one gRPC call; nothing when it is empty. */
export interface CallFault {
  /** Real milliseconds that the call is held back. */
  waitMs?: number;
  /** The call is answered with this status, and nobody else sees it. */
  refusal?: Status;
  /** The call is carried out and then, if that went well, answered with this status. */
  lostAnswer?: Status;
}

export type CallFaultOf = (path: string, method: { unary: boolean }) => CallFault;

const NOTHING: CallFault = {};

let faultOf: CallFaultOf | undefined;

/**
 * From now on asks what is to go wrong with each call to any gRPC server of this process; undefined ends that.
 * It is the process' and not a server's, so that no service has to know of it.
 */
export function setCallFaults(next: CallFaultOf | undefined): void {
  faultOf = next;
}

/** For whoever serves calls: what is to go wrong with this one. */
export const callFaultOf: CallFaultOf = (path, method) => faultOf?.(path, method) ?? NOTHING;
