import { hashOf } from "../../values/ids.ts";

/** Where Pub/Sub puts what it could not deliver a hundred times. */
export const DEAD_LETTERS = "pulsecart.dead-letters";

/** A topic of another system's that is taken over whole: its messages are PulseCart's events under other names. */
export const USER_EVENTS = "user-events";

/**
 * The name of a function's subscription. A filter or an option that changes makes another subscription beside the
 * old one, which drains: neither can be changed in place.
 */
export function subscriptionName(functionName: string, topic: string, options: object): string {
  const hash = hashOf(JSON.stringify(options)).slice(0, 8);
  return `pulsecart.${functionName}.${topic.replace(/^pulsecart\./, "")}.${hash}`;
}

/** The function a subscription of that name, with or without a deployment's prefix, delivers to; undefined for a name that is none of ours. */
export function functionOf(subscription: string): string | undefined {
  return /^(?:[a-z0-9]+-)?pulsecart\.([a-z][a-z0-9-]*)\.[^/]+\.[0-9a-z]{8}$/.exec(subscription)?.[1];
}

/** The topic it is subscribed to, as its name says. */
export function topicOf(subscription: string): string | undefined {
  const topic = /^(?:[a-z0-9]+-)?pulsecart\.[a-z][a-z0-9-]*\.([^/]+)\.[0-9a-z]{8}$/.exec(subscription)?.[1];
  if (topic === undefined || topic === USER_EVENTS) return topic;
  return `pulsecart.${topic}`;
}
