/**
 * An event that can never be handled, however often it is tried: it is parked at once, for a person.
 * Throw it from a reaction with a message that tells that person what to look at.
 */
export class PermanentError extends Error {
  override name = "PermanentError";
}

/** An effect that certainly was not done: nobody saw anything, and it may be tried again. */
export class NotSent extends Error {
  override name = "NotSent";
}

/** The environment a function was started with lacks something or says something impossible. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Pub/Sub did not confirm a publish in time; nothing is known to be lost, the same call may be tried again. */
export class PublishUnconfirmed extends Error {
  override name = "PublishUnconfirmed";
}

/** Firestore did not answer in time; whether a commit went through is not known, and asking again is safe. */
export class FirestoreTooSlow extends Error {
  override name = "FirestoreTooSlow";
}

/** The gRPC status codes PulseCart tells apart (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
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

/** The gRPC status of an error thrown by a Google client, undefined for any other error. */
export function grpcStatusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

/** Google's services are down or drowning. ABORTED is not among them: that is contention on one document. */
const PLATFORM_TROUBLE = new Set<number>([
  grpcStatus.cancelled,
  grpcStatus.deadlineExceeded,
  grpcStatus.resourceExhausted,
  grpcStatus.internal,
  grpcStatus.unavailable,
]);

/** True when the error says that the platform, not the request or event at hand, is at fault. */
export function isPlatformTrouble(error: unknown): boolean {
  if (error instanceof PublishUnconfirmed || error instanceof FirestoreTooSlow) return true;
  const status = grpcStatusOf(error);
  return status !== undefined && PLATFORM_TROUBLE.has(status);
}
