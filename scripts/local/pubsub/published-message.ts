import type { StoredMessage } from "./message.ts";
import { createWireReader } from "./wire-reader.ts";

/** google.pubsub.v1.PublishRequest. */
export interface PublishRequest {
  topic: string;
  messages: PublishedMessage[];
}

/** What the limits on a message look at. */
export interface Measured {
  /** What counts against the size of a request. */
  readonly bytes: number;
  readonly dataBytes: number;
  readonly attributeCount: number;
  readonly hasEmptyKey: boolean;
  readonly hasReservedKey: boolean;
  readonly longestKeyBytes: number;
  readonly longestValueBytes: number;
  readonly orderingKeyBytes: number;
  readonly orderingKey: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** How the keys of Google's own attributes begin. */
export const RESERVED = "goog";
const RESERVED_START = RESERVED.charCodeAt(0);

const ofRequest = createWireReader();
const ofMessage = createWireReader();
const ofAttribute = createWireReader();

/**
 * Reads a request from its wire form by hand: a hundred messages come in one, and making objects and texts of all
 * that is in them costs more than everything else that happens to them. That is done when somebody looks.
 * @throws RangeError for what is no such request
 */
export function readPublishRequest(received: Buffer): PublishRequest {
  // What arrives by gRPC is a window on all that was read with it; this copy lives as long as one message of it.
  const bytes = Buffer.allocUnsafeSlow(received.length);
  received.copy(bytes);
  const request: PublishRequest = { topic: "", messages: [] };
  const reader = ofRequest.read(bytes, 0, bytes.length);
  while (reader.next()) {
    if (reader.field === 1) request.topic = reader.text();
    if (reader.field === 2) request.messages.push(new PublishedMessage(bytes, reader.start, reader.end));
  }
  return request;
}

/** A class, because a hundred thousand of them are held, and each reads its attributes only when it is asked. */
export class PublishedMessage implements StoredMessage, Measured {
  messageId = "";
  publishMs = 0;
  bytes = 0;
  dataBytes = 0;
  attributeCount = 0;
  hasEmptyKey = false;
  hasReservedKey = false;
  longestKeyBytes = 0;
  longestValueBytes = 0;
  orderingKeyBytes = 0;
  orderingKey = "";
  readonly #source: Buffer;
  readonly #start: number;
  readonly #end: number;
  #dataStart = 0;
  #attributes: Record<string, string> | undefined;

  constructor(source: Buffer, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    const reader = ofMessage.read(source, start, end);
    while (reader.next()) {
      const length = reader.end - reader.start;
      if (reader.field === 1) {
        this.#dataStart = reader.start;
        this.dataBytes = length;
      } else if (reader.field === 2) {
        this.#measureAttribute(reader.start, reader.end);
      } else if (reader.field === 5) {
        this.orderingKey = reader.text();
        this.orderingKeyBytes = length;
      }
    }
    this.bytes += this.dataBytes + this.orderingKeyBytes;
  }

  get data(): Buffer {
    return this.#source.subarray(this.#dataStart, this.#dataStart + this.dataBytes);
  }

  get attributes(): Readonly<Record<string, string>> {
    this.#attributes ??= this.#readAttributes();
    return this.#attributes;
  }

  #measureAttribute(start: number, end: number): void {
    let keyBytes = 0;
    let valueBytes = 0;
    const reader = ofAttribute.read(this.#source, start, end);
    while (reader.next()) {
      if (reader.field === 1) {
        keyBytes = reader.end - reader.start;
        if (this.#source[reader.start] === RESERVED_START && reader.text().startsWith(RESERVED))
          this.hasReservedKey = true;
      } else if (reader.field === 2) valueBytes = reader.end - reader.start;
    }
    this.attributeCount += 1;
    this.bytes += keyBytes + valueBytes;
    if (keyBytes === 0) this.hasEmptyKey = true;
    if (keyBytes > this.longestKeyBytes) this.longestKeyBytes = keyBytes;
    if (valueBytes > this.longestValueBytes) this.longestValueBytes = valueBytes;
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
