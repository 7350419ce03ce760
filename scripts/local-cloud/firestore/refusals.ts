import { status } from "@grpc/grpc-js";
import { invalidArgument, RpcError } from "../rpc-error.ts";

export const unimplemented = (details: string) =>
  new RpcError(status.UNIMPLEMENTED, `The local Firestore does not support ${details}.`);

/** The words by which the official client knows that it should run the transaction's body again. */
export const transactionOver = () =>
  invalidArgument("The referenced transaction has expired or is no longer valid.");

/** What the official client retries: a transaction lost against another one. */
export const aborted = () =>
  new RpcError(status.ABORTED, "Too much contention on these documents. Please try again.");
