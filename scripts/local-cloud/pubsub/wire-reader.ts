/** The wire type of fields that state their length: texts, bytes and messages. */
const LENGTH_DELIMITED = 2;

/**
 * Reads the length-delimited fields of a protobuf message and skips all others. One reader reads many messages,
 * because creating a reader costs more than reading a message.
 */
export class WireReader {
  /** Number of the current field. */
  field = 0;
  /** Position of the first byte of the current field's value. */
  start = 0;
  /** Position behind the last byte of the current field's value. */
  end = 0;
  #source: Buffer = Buffer.alloc(0);
  #at = 0;
  #until = 0;

  /** Starts at a message that lies between two positions of a buffer. */
  read(bytes: Buffer, start: number, end: number): this {
    this.#source = bytes;
    this.#at = start;
    this.#until = end;
    return this;
  }

  /**
   * Moves to the next field.
   * @returns false at the end of the message
   * @throws RangeError when the bytes are no protobuf message
   */
  next(): boolean {
    while (this.#at < this.#until) {
      const tag = this.#varint();
      if (tag % 8 !== LENGTH_DELIMITED) {
        this.#skip(tag % 8);
        continue;
      }
      const length = this.#varint();
      this.field = Math.floor(tag / 8);
      this.start = this.#at;
      this.end = this.#at + length;
      this.#at = this.end;
      if (this.#at > this.#until) throw new RangeError("message incomplete: it ends within a field");
      return true;
    }
    return false;
  }

  /** Returns the current field's value as text. */
  text(): string {
    return this.start === this.end ? "" : this.#source.toString("utf8", this.start, this.end);
  }

  /** Reads a number, lowest seven bits first. Lengths and tags have 32 bits; longer numbers are only skipped. */
  #varint(): number {
    for (let value = 0, scale = 1; this.#at < this.#until; scale *= 128) {
      const byte = this.#source[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("message incomplete: it ends within a number");
  }

  #skip(wireType: number): void {
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 5) this.#at += 4;
    else throw new RangeError(`wire type unknown: expected 0, 1, 2 or 5, got ${wireType}`);
  }
}
