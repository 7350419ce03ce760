/** The shape of google.protobuf.Timestamp and of Duration, as the descriptors in grpc/services.ts deliver them. */
export interface WireTime {
  seconds?: string | number;
  nanos?: number;
}

/** Converts milliseconds to a Timestamp or a Duration. */
export function toWireTime(ms: number): WireTime {
  const seconds = Math.floor(ms / 1000);
  return { seconds: String(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** Converts a Timestamp or a Duration to milliseconds, rounded up: no item becomes due too early. */
export function fromWireTime(time: WireTime): number {
  return Number(time.seconds ?? 0) * 1000 + Math.ceil((time.nanos ?? 0) / 1e6);
}
