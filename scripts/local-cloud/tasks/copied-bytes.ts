/**
 * Copies bytes that are stored for long. Bytes from gRPC are a view of a read buffer, and would keep its 64 KiB in
 * memory. All copies share one buffer, because creating a buffer costs more than copying its bytes.
 */
export function copiedBytes(all: readonly Buffer[]): Buffer[] {
  const length = all.reduce((sum, bytes) => sum + bytes.length, 0);
  // A buffer from Node's pool would keep 8 KiB of other data in memory.
  const copy = Buffer.allocUnsafeSlow(length);
  let end = 0;
  return all.map(bytes => {
    const start = end;
    end += bytes.copy(copy, start);
    return copy.subarray(start, end);
  });
}
