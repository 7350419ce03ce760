/** When an event counts as having happened: a client's clock may run ahead, ingest's is the bound. */
export function happenedAtMs(event: { timestampMs: number; receivedAtMs: number }): number {
  return Math.min(event.timestampMs, event.receivedAtMs);
}
