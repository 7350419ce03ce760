import { invalidArgument } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import type { WireMessage } from "./wire.ts";

/** A published message as every subscription of its topic holds it; never changed after publishing. */
export interface StoredMessage {
  readonly messageId: string;
  readonly publishMs: number;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}

/** https://cloud.google.com/pubsub/quotas#resource_limits */
const MAX_MESSAGES = 1000;
const MAX_BYTES = 10_000_000;
const MAX_ATTRIBUTES = 100;
const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 1024;
const MAX_ORDERING_KEY_BYTES = 1024;

/** Throws INVALID_ARGUMENT when Google would not take this request: none of its messages is published then. */
export function checkPublish(messages: readonly WireMessage[]): void {
  if (messages.length === 0) throw invalidArgument("The publish request holds no messages.");
  if (messages.length > MAX_MESSAGES) {
    throw invalidArgument(
      `The value for message_count is too large. You passed ${messages.length} in the request, but the maximum value is ${MAX_MESSAGES}.`,
    );
  }
  let bytes = 0;
  for (const message of messages) bytes += sizeOf(message);
  if (bytes > MAX_BYTES) {
    throw invalidArgument(
      `The value for request_size is too large. You passed ${bytes} in the request, but the maximum value is ${MAX_BYTES}.`,
    );
  }
  for (const message of messages) checkMessage(message);
  const [{ orderingKey: firstKey = "" } = {}] = messages;
  if (messages.some(({ orderingKey = "" }) => orderingKey !== firstKey)) {
    throw invalidArgument(
      "In a single publish request, all messages must have no ordering key or they must all have the same ordering key.",
    );
  }
}

/** What a message counts for against size limits and flow control. */
export function sizeOf(message: WireMessage): number {
  let bytes = (message.data?.length ?? 0) + bytesOf(message.orderingKey ?? "");
  const { attributes } = message;
  for (const key in attributes) bytes += bytesOf(key) + bytesOf(attributes[key] ?? "");
  return bytes;
}

export function toWireMessage(message: StoredMessage): WireMessage {
  return {
    data: message.data,
    attributes: { ...message.attributes },
    messageId: message.messageId,
    publishTime: toWireTime(message.publishMs),
    orderingKey: message.orderingKey,
  };
}

function checkMessage({ data, attributes = {}, orderingKey = "" }: WireMessage): void {
  const entries = Object.entries(attributes);
  if (!data?.length && entries.length === 0) {
    throw invalidArgument(
      "One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.",
    );
  }
  if (entries.length > MAX_ATTRIBUTES) {
    throw invalidArgument(`A message has ${entries.length} attributes; the maximum is ${MAX_ATTRIBUTES}.`);
  }
  for (const [key, value] of entries) checkAttribute(key, value);
  if (isLonger(orderingKey, MAX_ORDERING_KEY_BYTES)) {
    throw invalidArgument(`An ordering key is longer than ${MAX_ORDERING_KEY_BYTES} bytes.`);
  }
}

function checkAttribute(key: string, value: string): void {
  if (key === "" || isLonger(key, MAX_KEY_BYTES)) {
    throw invalidArgument(`The attribute key "${key.slice(0, 40)}" must have 1 to ${MAX_KEY_BYTES} bytes.`);
  }
  if (key.startsWith("goog")) {
    throw invalidArgument(`The attribute key "${key}" begins with goog, which is reserved for Google.`);
  }
  if (isLonger(value, MAX_VALUE_BYTES)) {
    throw invalidArgument(`The value of the attribute "${key}" is longer than ${MAX_VALUE_BYTES} bytes.`);
  }
}

/** Counts only where it has to: a UTF-16 unit is at most three bytes of UTF-8. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && bytesOf(text) > maxBytes;
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
