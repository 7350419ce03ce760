import type { ServiceDefinition } from "@grpc/proto-loader";
import { invalidArgument } from "../rpc-error.ts";

/** firebase.google.com/docs/firestore/quotas: the largest API request. */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/** The same service, with each request saying how large it was on the wire. */
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

/** Throws INVALID_ARGUMENT for a measured request above the service's limit. */
export function checkRequestSize(request: object): void {
  if ("requestBytes" in request && Number(request.requestBytes) > MAX_REQUEST_BYTES) {
    throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
  }
}
