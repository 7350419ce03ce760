/** Enough for most documents; it grows for a larger one, and stays so. */
const INITIAL_BYTES = 64 * 1024;

export type WireWriter = ReturnType<typeof createWireWriter>;

/**
 * Writes protocol buffers (protobuf.dev/programming-guides/encoding) from the end to the start: what is nested
 * is there, and its length known, when its length is written. So the last field is to be written first, and a
 * field's content before its tag.
 */
export function createWireWriter() {
  let buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  let start = buffer.length;

  function reserve(bytes: number): number {
    if (start < bytes) {
      const larger = Buffer.allocUnsafe(2 * buffer.length + bytes);
      const moved = larger.length - buffer.length;
      buffer.copy(larger, start + moved, start);
      buffer = larger;
      start += moved;
    }
    start -= bytes;
    return start;
  }

  /** A whole number from 0 to 2^53. */
  function varint(value: number): void {
    let bytes = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
    let at = reserve(bytes);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128;
    buffer[at] = rest;
  }

  function longVarint(value: bigint): void {
    const groups: number[] = [];
    let rest = value;
    for (; rest >= 128n; rest >>= 7n) groups.push(Number(rest & 127n) | 128);
    groups.push(Number(rest));
    buffer.set(groups, reserve(groups.length));
  }

  return {
    varint,
    /** Any int64 in decimal; a negative one has ten bytes. */
    int64(decimal: string): void {
      const short = Number(decimal);
      if (short >= 0 && Number.isSafeInteger(short)) varint(short);
      else longVarint(BigInt.asUintN(64, BigInt(decimal)));
    },
    double(value: number): void {
      const at = reserve(8);
      buffer.writeDoubleLE(value, at);
    },
    text(value: string): void {
      const bytes = Buffer.byteLength(value);
      const at = reserve(bytes);
      buffer.write(value, at, bytes);
      varint(bytes);
    },
    bytes(value: Uint8Array): void {
      const at = reserve(value.length);
      buffer.set(value, at);
      varint(value.length);
    },
    /** Whatever `write` writes, as one nested message. */
    message(write: () => void): void {
      const length = buffer.length - start;
      write();
      varint(buffer.length - start - length);
    },
    /** All that `run` writes; it is there until the next call. */
    write(run: () => void): Uint8Array {
      start = buffer.length;
      run();
      return buffer.subarray(start);
    },
  };
}
