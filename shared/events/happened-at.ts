/**
 * Computes when an event counts as having happened. A client's clock may run ahead, so ingest's time is the upper
 * bound.
 * @returns milliseconds since the epoch
 */
export function happenedAt(event: { readonly timestamp: string; readonly received_at: string }): number {
  return happenedAtMs({
    timestampMs: Date.parse(event.timestamp),
    receivedAtMs: Date.parse(event.received_at),
  });
}

/** Computes the same from times in milliseconds since the epoch. */
export function happenedAtMs(event: { timestampMs: number; receivedAtMs: number }): number {
  return Math.min(event.timestampMs, event.receivedAtMs);
}
