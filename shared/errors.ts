/**
 * An error that no retry can cure. The event or effect is parked at once, for an operator. The message tells that operator
 * what to check.
 */
export class PermanentError extends Error {
  override name = "PermanentError";
}

/** An effect that certainly was not sent. External systems saw nothing, and a retry is safe. */
export class NotSent extends Error {
  override name = "NotSent";
}

/** An environment with missing or invalid variables. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** A publish that Pub/Sub did not confirm in time. No event is known to be lost, and publishing again is safe. */
export class PublishUnconfirmed extends Error {
  override name = "PublishUnconfirmed";
}

/** A call that Firestore did not answer in time. The result of a commit is unknown, and calling again is safe. */
export class FirestoreTooSlow extends Error {
  override name = "FirestoreTooSlow";
}

/** The gRPC status codes that PulseCart tells apart (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const grpcStatus = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Returns the gRPC status of an error that a Google client threw; undefined for any other error. */
export function grpcStatusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

/** Statuses of a Google service that is down or overloaded. ABORTED is left out: it means contention on one document. */
const PLATFORM_TROUBLE = new Set<number>([
  grpcStatus.cancelled,
  grpcStatus.deadlineExceeded,
  grpcStatus.resourceExhausted,
  grpcStatus.internal,
  grpcStatus.unavailable,
]);

/** Tells whether the platform, not the request or event, is at fault. */
export function isPlatformTrouble(error: unknown): boolean {
  if (error instanceof PublishUnconfirmed || error instanceof FirestoreTooSlow) return true;
  const status = grpcStatusOf(error);
  return status !== undefined && PLATFORM_TROUBLE.has(status);
}
