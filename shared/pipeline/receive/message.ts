import { isJsonObject } from "../../events/json-object.ts";
import { Problem } from "../../http/problem.ts";

/** One Pub/Sub message, from a push subscription or from an Eventarc trigger. */
export interface Message {
  /** Published bytes. Empty for a message that has attributes only. */
  data: Buffer;
  attributes: Readonly<Record<string, string>>;
  messageId: string;
  /** RFC 3339, set by Pub/Sub. */
  publishTime: string;
  /** Full name of the subscription; empty when the call names none. */
  subscription: string;
  /** Number of deliveries. Absent for subscriptions without a dead letter topic. */
  deliveryAttempt?: number;
}

/**
 * Reads the message in an HTTP body of any content type.
 * @throws Problem 400 when the body is not JSON, or no push of Pub/Sub
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
 * Reads the message in a Pub/Sub push. The body of a push subscription and of a binary CloudEvent (Eventarc) is the
 * same. A structured CloudEvent has that body under `data`.
 * @throws Problem 400 for any other body: the caller is not Pub/Sub
 */
export function messageOf(body: unknown): Message {
  const push = isJsonObject(body) && isJsonObject(body["data"]) ? body["data"] : body;
  if (!isJsonObject(push) || !isJsonObject(push["message"]))
    throw notAPush("a Pub/Sub push body with a message");
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
    deliveryAttempt: typeof deliveryAttempt === "number" ? deliveryAttempt : undefined,
  };
}

function textsIn(attributes: unknown): Record<string, string> {
  const texts = Object.entries(isJsonObject(attributes) ? attributes : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

function notAPush(expected: string): Problem {
  return new Problem({
    status: 400,
    slug: "not-a-push",
    title: "Not a Pub/Sub push",
    detail: `Expected ${expected}.`,
  });
}
