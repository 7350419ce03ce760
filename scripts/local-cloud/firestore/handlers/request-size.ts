import type { ServiceDefinition } from "@grpc/proto-loader";
import { invalidArgument } from "../../rpc-error.ts";

/** Largest API request (firebase.google.com/docs/firestore/quotas). */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/** Wraps a service so that each request carries its size on the wire. */
export function measureRequests(definition: ServiceDefinition): ServiceDefinition {
  const methods = Object.entries(definition).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object =>
      Object.assign(method.requestDeserialize(bytes), {
        requestBytes: bytes.length,
      });
    return [name, { ...method, requestDeserialize }];
  });
  return Object.fromEntries(methods);
}

/** @throws RpcError INVALID_ARGUMENT for a measured request above the service's limit */
export function checkRequestSize(request: object): void {
  if ("requestBytes" in request && Number(request.requestBytes) > MAX_REQUEST_BYTES) {
    throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
  }
}
