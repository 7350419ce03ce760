import { status } from "@grpc/grpc-js";

/** How a call ends. */
export interface Status {
  code: number;
  details: string;
}

/** A refusal as the service itself would send it: a gRPC status code and Google's own words where known. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
  }
}

export const notFound = (message: string) => new RpcError(status.NOT_FOUND, message);
export const alreadyExists = (message: string) => new RpcError(status.ALREADY_EXISTS, message);
export const invalidArgument = (message: string) => new RpcError(status.INVALID_ARGUMENT, message);
export const failedPrecondition = (message: string) => new RpcError(status.FAILED_PRECONDITION, message);

/**
 * What a caller is told of a thrown value: an RpcError is its status; anything else is a fault of the emulator and
 * becomes INTERNAL, with the stack on stderr.
 */
export function statusOf(error: unknown): Status {
  if (error instanceof RpcError) return { code: error.code, details: error.message };
  console.error(error);
  return { code: status.INTERNAL, details: `the local emulator failed: ${String(error)}` };
}
