import { status } from "@grpc/grpc-js";

/** A refusal as the service would give it: a gRPC status code and a sentence for the caller. */
export class RpcError extends Error {
  override name = "RpcError";
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

export const invalidArgument = (details: string) => new RpcError(status.INVALID_ARGUMENT, details);
export const notFound = (details: string) => new RpcError(status.NOT_FOUND, details);
export const unimplemented = (details: string) =>
  new RpcError(status.UNIMPLEMENTED, `The local Firestore does not support ${details}.`);

/** The words by which the official client knows that it should run the transaction's body again. */
export const transactionOver = () =>
  invalidArgument("The referenced transaction has expired or is no longer valid.");

/** What the official client retries: a transaction lost against another one. */
export const aborted = () =>
  new RpcError(status.ABORTED, "Too much contention on these documents. Please try again.");
