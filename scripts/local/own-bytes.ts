/**
 * A copy, for what is kept: bytes that came by gRPC are a window on all that was read with them, and hold its
 * 64 KiB in memory for as long as they live.
 */
export function ownBytes(bytes: Buffer): Buffer {
  // Not from Node's pool either, which would hold 8 KiB of neighbours.
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
