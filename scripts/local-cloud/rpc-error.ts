import { status } from "@grpc/grpc-js";

/** The result of a gRPC call: its status code and the message for the client. */
export interface Status {
  code: number;
  details: string;
}

/** A refusal as the real service sends it: a gRPC status code, and Google's own text where that is known. */
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
 * Converts a thrown value to the status for the client. An RpcError gives its own status. Any other value is a bug of
 * the emulator: it becomes INTERNAL, and its stack goes to stderr.
 */
export function statusOf(error: unknown): Status {
  if (error instanceof RpcError) return { code: error.code, details: error.message };
  console.error(error);
  return { code: status.INTERNAL, details: `local emulator failed: ${String(error)}` };
}
