/** First size of the buffer: enough for most documents. A larger document makes the buffer grow permanently. */
const INITIAL_BYTES = 64 * 1024;

/**
 * Writes protocol buffers (protobuf.dev/programming-guides/encoding) from the end to the start. A nested message is
 * then complete, and its length known, when the length is written. Callers therefore write the last field first, and a
 * field's content before its tag.
 */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #start = this.#buffer.length;

  /** Writes a whole number from 0 to 2^53. */
  varint(value: number): void {
    let bytes = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
    let at = this.#reserve(bytes);
    const buffer = this.#buffer;
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128;
    buffer[at] = rest;
  }

  /** Writes any int64 in decimal; a negative one takes ten bytes. */
  int64(decimal: string): void {
    const short = Number(decimal);
    if (short >= 0 && Number.isSafeInteger(short)) this.varint(short);
    else this.#longVarint(BigInt.asUintN(64, BigInt(decimal)));
  }

  double(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    const at = this.#reserve(bytes);
    this.#buffer.write(value, at, bytes);
    this.varint(bytes);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    this.varint(value.length);
  }

  /** Writes a nested message, whose content `write` writes. */
  message(write: () => void): void {
    const length = this.#buffer.length - this.#start;
    write();
    this.varint(this.#buffer.length - this.#start - length);
  }

  /** Returns the bytes that `run` writes. The next call overwrites them. */
  write(run: () => void): Uint8Array {
    this.#start = this.#buffer.length;
    run();
    return this.#buffer.subarray(this.#start);
  }

  #longVarint(value: bigint): void {
    const groups: number[] = [];
    let rest = value;
    for (; rest >= 128n; rest >>= 7n) groups.push(Number(rest & 127n) | 128);
    groups.push(Number(rest));
    const at = this.#reserve(groups.length);
    this.#buffer.set(groups, at);
  }

  /** @returns the position of the reserved bytes in the buffer */
  #reserve(bytes: number): number {
    if (this.#start < bytes) this.#grow(bytes);
    this.#start -= bytes;
    return this.#start;
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafe(2 * this.#buffer.length + bytes);
    const moved = larger.length - this.#buffer.length;
    this.#buffer.copy(larger, this.#start + moved, this.#start);
    this.#buffer = larger;
    this.#start += moved;
  }
}
