import { Problem } from "../../http/problem.ts";

/** One Pub/Sub message as a reaction gets it, whichever way it came. */
export interface Message {
  /** The bytes that were published; empty for a message of attributes alone. */
  data: Buffer;
  attributes: Readonly<Record<string, string>>;
  messageId: string;
  /** RFC 3339, set by Pub/Sub. */
  publishTime: string;
  /** The full name of the subscription it came through; an Eventarc trigger's, too. */
  subscription: string;
  /** How often it has been delivered; only subscriptions with a dead letter count. */
  deliveryAttempt?: number;
}

/**
 * Reads a push as it comes over HTTP, with whatever content type it has.
 * @throws Problem 400, see messageOf
 */
export function messageInBody(body: Buffer): Message {
  try {
    return messageOf(JSON.parse(body.toString("utf8")));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw notAPush("JSON");
  }
}

/**
 * Reads a Pub/Sub push: the body of a push subscription, of a binary CloudEvent (Eventarc; the same body) or of
 * a structured one, where it is the `data`.
 * @throws Problem 400 when it is none of these: whoever sends that is not Pub/Sub.
 */
export function messageOf(body: unknown): Message {
  const push = isObject(body) && isObject(body["data"]) ? body["data"] : body;
  if (!isObject(push) || !isObject(push["message"])) throw notAPush("a Pub/Sub push body with a message");
  const { message, deliveryAttempt, subscription } = push as {
    message: Record<string, unknown>;
    deliveryAttempt?: unknown;
    subscription?: unknown;
  };
  const messageId = message["messageId"] ?? message["message_id"];
  if (typeof messageId !== "string" || messageId === "") throw notAPush("a message with a messageId");
  const { data = "", attributes = {}, publishTime = message["publish_time"] } = message;
  if (typeof data !== "string") throw notAPush("message.data in base64");
  return {
    data: Buffer.from(data, "base64"),
    attributes: textsIn(attributes),
    messageId,
    publishTime: typeof publishTime === "string" ? publishTime : "",
    subscription: typeof subscription === "string" ? subscription : "",
    ...(typeof deliveryAttempt === "number" ? { deliveryAttempt } : {}),
  };
}

function textsIn(attributes: unknown): Record<string, string> {
  const texts = Object.entries(isObject(attributes) ? attributes : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notAPush(expected: string): Problem {
  return new Problem({
    status: 400,
    slug: "not-a-push",
    title: "Not a Pub/Sub push",
    detail: `Expected ${expected}.`,
  });
}
