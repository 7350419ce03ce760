import { invalidArgument } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import type { Measured, StoredMessage } from "./published-message.ts";
import { RESERVED } from "./published-message.ts";
import type { WireMessage } from "./wire.ts";

/** Returns the message as plain data, which the storage can write. */
export function plainMessage(message: StoredMessage): StoredMessage {
  const { messageId, publishMs, data, attributes, orderingKey } = message;
  return { messageId, publishMs, data, attributes, orderingKey };
}

/** Google's limits of a publish request and a message. https://cloud.google.com/pubsub/quotas#resource_limits */
const MAX_MESSAGES = 1000;
const MAX_REQUEST_BYTES = 10_000_000;
const MAX_ATTRIBUTES = 100;
const MAX_KEY_BYTES = 256;
const MAX_VALUE_BYTES = 1024;
const MAX_ORDERING_KEY_BYTES = 1024;

/**
 * Checks a publish request against Google's limits. No message of a refused request is published.
 * @throws RpcError INVALID_ARGUMENT in Google's words
 */
export function checkPublish(messages: readonly Measured[]): void {
  if (messages.length === 0) throw invalidArgument("The publish request holds no messages.");
  if (messages.length > MAX_MESSAGES) {
    throw invalidArgument(
      `The value for message_count is too large. You passed ${messages.length} in the request, but the maximum value is ${MAX_MESSAGES}.`,
    );
  }
  let bytes = 0;
  for (const message of messages) bytes += message.bytes;
  if (bytes > MAX_REQUEST_BYTES) {
    throw invalidArgument(
      `The value for request_size is too large. You passed ${bytes} in the request, but the maximum value is ${MAX_REQUEST_BYTES}.`,
    );
  }
  for (const message of messages) checkMessage(message);
  const firstKey = messages[0]?.message.orderingKey;
  if (messages.some(({ message }) => message.orderingKey !== firstKey)) {
    throw invalidArgument(
      "In a single publish request, all messages must have no ordering key " +
        "or they must all have the same ordering key.",
    );
  }
}

/** Returns the bytes that a message counts against flow control. */
export function sizeOf({ data, attributes, orderingKey }: StoredMessage): number {
  let bytes = data.length + bytesOf(orderingKey);
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

function checkMessage(measured: Measured): void {
  if (measured.dataBytes === 0 && measured.attributeCount === 0) {
    throw invalidArgument(
      "One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.",
    );
  }
  if (measured.attributeCount > MAX_ATTRIBUTES) {
    throw invalidArgument(
      `A message has ${measured.attributeCount} attributes; the maximum is ${MAX_ATTRIBUTES}.`,
    );
  }
  const isTooLong = measured.longestKeyBytes > MAX_KEY_BYTES || measured.longestValueBytes > MAX_VALUE_BYTES;
  if (isTooLong || measured.hasEmptyKey || measured.hasReservedKey)
    for (const [key, value] of Object.entries(measured.message.attributes)) checkAttribute(key, value);
  if (measured.orderingKeyBytes > MAX_ORDERING_KEY_BYTES) {
    throw invalidArgument(`An ordering key is longer than ${MAX_ORDERING_KEY_BYTES} bytes.`);
  }
}

/** Refuses the attribute that breaks a limit, with its key. */
function checkAttribute(key: string, value: string): void {
  if (key === "" || bytesOf(key) > MAX_KEY_BYTES) {
    throw invalidArgument(`The attribute key "${key.slice(0, 40)}" must have 1 to ${MAX_KEY_BYTES} bytes.`);
  }
  if (key.startsWith(RESERVED)) {
    throw invalidArgument(`The attribute key "${key}" begins with goog, which is reserved for Google.`);
  }
  if (bytesOf(value) > MAX_VALUE_BYTES) {
    throw invalidArgument(`The value of the attribute "${key}" is longer than ${MAX_VALUE_BYTES} bytes.`);
  }
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
