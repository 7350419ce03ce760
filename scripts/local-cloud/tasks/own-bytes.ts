/**
 * Copies, for what is kept: bytes that came by gRPC are a window on all that was read with them, and hold its
 * 64 KiB in memory for as long as they live. What came together shares one piece of memory, because one costs more
 * to make than its bytes to copy.
 */
export function ownBytes(all: readonly Buffer[]): Buffer[] {
  const length = all.reduce((sum, bytes) => sum + bytes.length, 0);
  // Not from Node's pool, which would hold 8 KiB of neighbours.
  const own = Buffer.allocUnsafeSlow(length);
  let end = 0;
  return all.map(bytes => {
    const start = end;
    end += bytes.copy(own, start);
    return own.subarray(start, end);
  });
}
