import { WireReader } from "./wire-reader.ts";

/** A google.pubsub.v1.PublishRequest, with the sizes of its messages. */
export interface PublishRequest {
  topic: string;
  messages: PublishedMessage[];
  measured: Measured[];
}

/** The sizes of one message, for the checks against Google's limits. */
export interface Measured {
  readonly message: StoredMessage;
  /** Bytes that count against the size of the request. */
  bytes: number;
  dataBytes: number;
  attributeCount: number;
  hasEmptyKey: boolean;
  hasReservedKey: boolean;
  longestKeyBytes: number;
  longestValueBytes: number;
  orderingKeyBytes: number;
}

/** Prefix of the keys of Google's own attributes. */
export const RESERVED = "goog";
const RESERVED_START = RESERVED.charCodeAt(0);

const NO_DATA = Buffer.alloc(0);

const ofRequest = new WireReader();
const ofMessage = new WireReader();
const ofAttribute = new WireReader();

/**
 * Parses a request without decoding its messages. A request may hold 1,000 messages. Decoding data and
 * attributes costs more than all other work on a message, so both are decoded on first access.
 * @throws RangeError when the bytes are no such request
 */
export function readPublishRequest(received: Buffer): PublishRequest {
  const { bytes, start, end } = copyToSlab(received);
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

/** Size of one slab. Consecutive small requests share a slab, which is freed with its last message. */
const SLAB_BYTES = 64 * 1024;
let slab = Buffer.alloc(0);
let used = 0;

/**
 * Copies a small request into a slab. Bytes from gRPC are a view of a larger read buffer and would keep it in memory.
 * A buffer for each small request would cost as much memory as the request. A large request gets a buffer of its own.
 */
function copyToSlab(received: Buffer): { bytes: Buffer; start: number; end: number } {
  // A request that was joined from several chunks has a buffer of its own.
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
 * A published message in its wire form. A backlog may hold 100,000 of these objects, so an object holds no decoded
 * data. Data and attributes are decoded from the wire form on access, and only attributes are kept then.
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

  /** Drops the decoded attributes, which would be half of a backlog's memory. The next access decodes them again. */
  forgetAttributes(): void {
    this.#attributes = undefined;
  }

  #readAttributes(): Record<string, string> {
    const entries: [string, string][] = [];
    const reader = ofMessage.read(this.#source, this.#start, this.#end);
    while (reader.next()) if (reader.field === 2) entries.push(this.#readAttribute(reader.start, reader.end));
    // Unlike an assignment, `fromEntries` makes "__proto__" an attribute like any other.
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

/** A published message, shared by all subscriptions of its topic. A message never changes after publishing. */
export interface StoredMessage {
  readonly messageId: string;
  readonly publishMs: number;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}
