import { createWireReader } from "./wire-reader.ts";

/** google.pubsub.v1.PublishRequest, and what the limits look at of each of its messages. */
export interface PublishRequest {
  topic: string;
  messages: PublishedMessage[];
  measured: Measured[];
}

/** What the limits on a message look at. */
export interface Measured {
  readonly message: StoredMessage;
  /** What counts against the size of a request. */
  bytes: number;
  dataBytes: number;
  attributeCount: number;
  hasEmptyKey: boolean;
  hasReservedKey: boolean;
  longestKeyBytes: number;
  longestValueBytes: number;
  orderingKeyBytes: number;
}

/** How the keys of Google's own attributes begin. */
export const RESERVED = "goog";
const RESERVED_START = RESERVED.charCodeAt(0);

const NO_DATA = Buffer.alloc(0);

const ofRequest = createWireReader();
const ofMessage = createWireReader();
const ofAttribute = createWireReader();

/**
 * Reads a request from its wire form by hand: a hundred messages come in one, and making objects and texts of all
 * that is in them costs more than everything else that happens to them. That is done when somebody looks.
 * @throws RangeError for what is no such request
 */
export function readPublishRequest(received: Buffer): PublishRequest {
  const { bytes, start, end } = keepTogether(received);
  const request: PublishRequest = { topic: "", messages: [], measured: [] };
  const reader = ofRequest.read(bytes, start, end);
  while (reader.next()) {
    if (reader.field === 1) request.topic = reader.text();
    if (reader.field === 2) {
      const message = new PublishedMessage(bytes, reader.start, reader.end);
      request.messages.push(message);
      request.measured.push(measure(message, bytes, reader));
    }
  }
  return request;
}

/** Requests that came one after the other lie in one piece of memory, which lives as long as one message in it. */
const SLAB_BYTES = 64 * 1024;
let slab = Buffer.alloc(0);
let used = 0;

/**
 * A copy, because what arrives by gRPC is a window on all that was read with it. A small request gets no memory of
 * its own: that would cost as much again as what is in it.
 */
function keepTogether(received: Buffer): { bytes: Buffer; start: number; end: number } {
  // Put together from several pieces, it has memory of its own already.
  if (received.length > received.buffer.byteLength / 2)
    return { bytes: received, start: 0, end: received.length };
  const isLarge = received.length > SLAB_BYTES / 8;
  if (isLarge || used + received.length > slab.length) {
    const fresh = Buffer.allocUnsafeSlow(isLarge ? received.length : SLAB_BYTES);
    if (isLarge) return { bytes: fresh, start: 0, end: received.copy(fresh) };
    slab = fresh;
    used = 0;
  }
  const start = used;
  used += received.copy(slab, start);
  return { bytes: slab, start, end: used };
}

function measure(message: PublishedMessage, source: Buffer, at: { start: number; end: number }): Measured {
  const measured: Measured = {
    message,
    bytes: 0,
    dataBytes: 0,
    attributeCount: 0,
    hasEmptyKey: false,
    hasReservedKey: false,
    longestKeyBytes: 0,
    longestValueBytes: 0,
    orderingKeyBytes: 0,
  };
  const reader = ofMessage.read(source, at.start, at.end);
  while (reader.next()) {
    const length = reader.end - reader.start;
    if (reader.field === 1) measured.dataBytes = length;
    else if (reader.field === 2) measureAttribute(measured, source, reader);
    else if (reader.field === 5) {
      message.orderingKey = reader.text();
      measured.orderingKeyBytes = length;
    }
  }
  measured.bytes += measured.dataBytes + measured.orderingKeyBytes;
  return measured;
}

function measureAttribute(measured: Measured, source: Buffer, at: { start: number; end: number }): void {
  let keyBytes = 0;
  let valueBytes = 0;
  const reader = ofAttribute.read(source, at.start, at.end);
  while (reader.next()) {
    if (reader.field === 1) {
      keyBytes = reader.end - reader.start;
      if (source[reader.start] === RESERVED_START && reader.text().startsWith(RESERVED))
        measured.hasReservedKey = true;
    } else if (reader.field === 2) valueBytes = reader.end - reader.start;
  }
  measured.attributeCount += 1;
  measured.bytes += keyBytes + valueBytes;
  if (keyBytes === 0) measured.hasEmptyKey = true;
  if (keyBytes > measured.longestKeyBytes) measured.longestKeyBytes = keyBytes;
  if (valueBytes > measured.longestValueBytes) measured.longestValueBytes = valueBytes;
}

/**
 * A hundred thousand of them are held: a class, because its members are in each only once, and what can be read
 * again from the wire form is read when it is asked for.
 */
export class PublishedMessage implements StoredMessage {
  messageId = "";
  publishMs = 0;
  orderingKey = "";
  readonly #source: Buffer;
  readonly #start: number;
  readonly #end: number;
  #attributes: Record<string, string> | undefined;

  constructor(source: Buffer, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get data(): Buffer {
    let data: Buffer = NO_DATA;
    const reader = ofMessage.read(this.#source, this.#start, this.#end);
    while (reader.next()) if (reader.field === 1) data = this.#source.subarray(reader.start, reader.end);
    return data;
  }

  get attributes(): Readonly<Record<string, string>> {
    this.#attributes ??= this.#readAttributes();
    return this.#attributes;
  }

  /** They are read anew when somebody looks again: of a backlog they would be half of what it needs. */
  forgetAttributes(): void {
    this.#attributes = undefined;
  }

  #readAttributes(): Record<string, string> {
    const entries: [string, string][] = [];
    const reader = ofMessage.read(this.#source, this.#start, this.#end);
    while (reader.next()) if (reader.field === 2) entries.push(this.#readAttribute(reader.start, reader.end));
    // Unlike an assignment, this makes "__proto__" an attribute like any other.
    return Object.fromEntries(entries);
  }

  #readAttribute(start: number, end: number): [string, string] {
    let [key, value] = ["", ""];
    const reader = ofAttribute.read(this.#source, start, end);
    while (reader.next()) {
      if (reader.field === 1) key = reader.text();
      else if (reader.field === 2) value = reader.text();
    }
    return [key, value];
  }
}

/** A published message as every subscription of its topic holds it; never changed after publishing. */
export interface StoredMessage {
  readonly messageId: string;
  readonly publishMs: number;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}
