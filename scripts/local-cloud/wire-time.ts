/** google.protobuf.Timestamp and Duration as the descriptors of grpc.ts deliver them: both have this shape. */
export interface WireTime {
  seconds?: string | number;
  nanos?: number;
}

/** Milliseconds to a Timestamp or a Duration. */
export function toWireTime(ms: number): WireTime {
  const seconds = Math.floor(ms / 1000);
  return { seconds: String(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** A Timestamp or a Duration to milliseconds, rounded up: what is due within a millisecond is due at its end. */
export function fromWireTime(time: WireTime): number {
  return Number(time.seconds ?? 0) * 1000 + Math.ceil((time.nanos ?? 0) / 1e6);
}
