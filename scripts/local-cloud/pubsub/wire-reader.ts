/** Goes through those fields of a protobuf message that have a length, and over those that have none. */
export interface WireReader {
  /** Of the present field: its number, and where its bytes are. */
  field: number;
  start: number;
  end: number;
  /** @throws RangeError where the bytes are no protobuf message */
  next(): boolean;
  /** Its present field's bytes as text. */
  text(): string;
  /** Begins anew with a message that lies within these bytes. */
  read(bytes: Buffer, start: number, end: number): WireReader;
}

const LENGTH_DELIMITED = 2;

/** A reader is used again and again: to make one costs more than to read a message. */
export function createWireReader(): WireReader {
  let source: Buffer = Buffer.alloc(0);
  let at = 0;
  let until = 0;

  /** Lowest seven bits first. Lengths and tags have 32 bits; what is longer is only gone over. */
  function varint(): number {
    for (let value = 0, scale = 1; at < until; scale *= 128) {
      const byte = source[at] as number;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("it ends in the middle of a number");
  }

  function skip(wireType: number): void {
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else throw new RangeError(`there is no wire type ${wireType} in a message of today`);
  }

  const reader: WireReader = {
    field: 0,
    start: 0,
    end: 0,
    next() {
      while (at < until) {
        const tag = varint();
        if (tag % 8 !== LENGTH_DELIMITED) {
          skip(tag % 8);
          continue;
        }
        const length = varint();
        reader.field = Math.floor(tag / 8);
        reader.start = at;
        reader.end = at + length;
        at = reader.end;
        if (at > until) throw new RangeError("it ends in the middle of a field");
        return true;
      }
      return false;
    },
    text: () => (reader.start === reader.end ? "" : source.toString("utf8", reader.start, reader.end)),
    read(bytes, start, end) {
      source = bytes;
      at = start;
      until = end;
      return reader;
    },
  };
  return reader;
}
