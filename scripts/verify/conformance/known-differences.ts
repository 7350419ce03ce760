import type { KnownDifference, Service } from "./verdict.ts";

function differences(
  service: Service,
  behavioursByReason: Readonly<Record<string, readonly string[]>>,
): KnownDifference[] {
  return Object.entries(behavioursByReason).flatMap(([reason, behaviours]) =>
    behaviours.map(behaviour => ({ service, behaviour, reason })),
  );
}

/** Differences of Google's Firestore emulator 1.19 and Pub/Sub emulator 0.8.20, from Cloud SDK 528. */
export const knownDifferences: readonly KnownDifference[] = [
  ...differences("firestore", {
    "the emulator answers RESOURCE_EXHAUSTED at its own limit of a message's size": [
      "refuses a commit above 10 MiB",
    ],
    "the emulator does not limit transforms": ["refuses more than 500 transforms of one document"],
    "the emulator cannot scan ids in descending order; the service can, with an index": [
      "orders by descending document id",
    ],
    "the emulator has no PartitionQuery": [
      "returns each document once in the partitions of a collection group",
    ],
    "the emulator restarts every listen target and ignores the resume token": [
      "sends only later changes when a listen target has a resume token",
    ],
    "the emulator ends the whole stream with UNKNOWN": [
      "removes only the invalid listen target, with the cause",
    ],
  }),
  ...differences("pubsub", {
    "the emulator stores filters and ignores them": [
      "delivers only matching messages when a filter uses attributes.k = value",
      "delivers only matching messages when a filter uses attributes.k=value",
      "delivers only matching messages when a filter uses attributes.k != value",
      "delivers only matching messages when a filter uses attributes:k",
      "delivers only matching messages when a filter uses hasPrefix",
      "delivers only matching messages when a filter uses NOT",
      "delivers only matching messages when a filter uses AND",
      "delivers only matching messages when a filter uses OR",
      "delivers only matching messages when a filter uses parentheses",
      "refuses a filter that mixes AND and OR without parentheses",
      "refuses a filter that cannot be parsed",
      "accepts a filter of 256 bytes and refuses one of 257",
    ],
    "the emulator's push loop keeps a key held after one of its messages was dead-lettered": [
      "pushes a key's next message when one was dead-lettered",
    ],
    "the emulator's push body lacks the field": [
      "names the ordering key in a push body",
      "names the delivery attempt in a push body",
    ],
    "the emulator's pushes carry no token": [
      "sends an OIDC token with a push when the subscription names one",
      "uses the endpoint as audience when the subscription names none",
    ],
    "the emulator treats 202 as a nack and 203 as an acknowledgement": [
      "acknowledges a push only when the status is 200, 201, 202, 204",
    ],
    "the emulator redelivers one message alone, without the later messages of its key": [
      "redelivers all later messages of a key after a redelivered one",
      "restarts a key's order at the nacked message of a stream",
    ],
    "the emulator ignores a stream's max_outstanding_messages": [
      "delivers to a stream only up to the client's flow control",
    ],
    "the emulator takes no lock while it creates a subscription": [
      "answers ALREADY_EXISTS to 9 of 10 racing creates of one subscription",
    ],
    "the emulator accepts ack deadlines below 10 s": [
      "refuses a subscription with an ack deadline of 9 s",
      "refuses an update to settings that a new subscription cannot have",
    ],
    "the emulator checks neither attributes nor the ordering keys of a request": [
      "refuses a publish request with an attribute key of 257 bytes",
      "refuses a publish request with an attribute value of 1025 bytes",
      "refuses a publish request with 101 attributes",
      "refuses a publish request with an attribute that begins with goog",
      "refuses a publish request with two keys",
      "refuses a publish request with a keyed and an unkeyed message",
    ],
  }),
];
