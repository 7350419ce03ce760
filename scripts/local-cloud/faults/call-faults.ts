import type { Status } from "../rpc-error.ts";

/** The fault of one gRPC call; empty when the call goes well. */
export interface CallFault {
  /** Real milliseconds by which the call is delayed. */
  waitMs?: number;
  /** Status that the call is answered with, without running its handler. */
  refusal?: Status;
  /** Status that replaces OK after the handler has run. */
  lostAnswer?: Status;
}

export type CallFaultOf = (path: string, method: { unary: boolean }) => CallFault;

const NO_FAULT: CallFault = {};

let faultOf: CallFaultOf | undefined;

/**
 * Sets the source of faults for each call to any gRPC server of this process; undefined removes the source. The
 * source belongs to the process and not to a server, so that no service needs an option for faults.
 */
export function setCallFaults(next: CallFaultOf | undefined): void {
  faultOf = next;
}

/** Returns the fault of a call. The gRPC server asks this once per call. */
export const callFaultOf: CallFaultOf = (path, method) => faultOf?.(path, method) ?? NO_FAULT;
