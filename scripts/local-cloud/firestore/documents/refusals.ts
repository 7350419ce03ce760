import { status } from "@grpc/grpc-js";
import { invalidArgument, RpcError } from "../../rpc-error.ts";

/** A feature of the service that the emulator lacks. */
export const unimplemented = (details: string) =>
  new RpcError(status.UNIMPLEMENTED, `The local Firestore does not support ${details}.`);

/** A transaction that is over. The official client recognizes this text, and runs the transaction's body again. */
export const transactionOver = () =>
  invalidArgument("The referenced transaction has expired or is no longer valid.");

/** A transaction that lost against another one. The official client retries it. */
export const aborted = () =>
  new RpcError(status.ABORTED, "Too much contention on these documents. Please try again.");
