import { hashOf } from "../../values/ids.ts";

/** The topic of messages that Pub/Sub could not deliver in a hundred attempts. */
export const DEAD_LETTERS = "pulsecart.dead-letters";

/** A topic of another system, adopted whole: its messages are PulseCart's events under other names. */
export const USER_EVENTS = "user-events";

/**
 * Returns the name of a function's subscription. Filter and options cannot change in place, so the name holds their
 * hash. A change creates a new subscription beside the old one, which drains.
 */
export function subscriptionName(functionName: string, topic: string, options: object): string {
  const hash = hashOf(JSON.stringify(options)).slice(0, 8);
  return `pulsecart.${functionName}.${topic.replace(/^pulsecart\./, "")}.${hash}`;
}

/**
 * Returns the function that a subscription delivers to. The prefix of a deployment is optional.
 * @returns undefined for a subscription that does not belong to PulseCart
 */
export function functionOf(subscription: string): string | undefined {
  return /^(?:[a-z0-9]+-)?pulsecart\.([a-z][a-z0-9-]*)\.[^/]+\.[0-9a-z]{8}$/.exec(subscription)?.[1];
}

/** Returns the topic in the name of a subscription. */
export function topicOf(subscription: string): string | undefined {
  const topic = /^(?:[a-z0-9]+-)?pulsecart\.[a-z][a-z0-9-]*\.([^/]+)\.[0-9a-z]{8}$/.exec(subscription)?.[1];
  if (topic === undefined || topic === USER_EVENTS) return topic;
  return `pulsecart.${topic}`;
}
