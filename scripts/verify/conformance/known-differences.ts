import type { KnownDifference, Service } from "./verdict.ts";

const because = (service: Service, reason: string, behaviours: readonly string[]): KnownDifference[] =>
  behaviours.map(behaviour => ({ service, behaviour, reason }));

/** Of Firestore's emulator 1.19 and Pub/Sub's 0.8.20, as the Cloud SDK 528 has them. */
export const knownDifferences: readonly KnownDifference[] = [
  ...because("firestore", "it answers RESOURCE_EXHAUSTED at the end of its own message size", [
    "a commit above 10 MiB is refused",
  ]),
  ...because("firestore", "it does not limit transforms", [
    "more than 500 transforms of a document are refused",
  ]),
  ...because("firestore", "it cannot scan ids downwards, which the service does with an index", [
    "orderBy of the id downwards is the order of the ids backwards",
  ]),
  ...because("firestore", "it has no PartitionQuery", [
    "the partitions of a collection group hold each document once",
  ]),
  ...because("firestore", "it begins every target anew, whatever the resume token", [
    "a listen stream goes on from a resume token with only what happened since",
  ]),
  ...because("firestore", "it ends the whole stream with UNKNOWN", [
    "a listen target that cannot be watched is removed with the cause, and the others stay",
  ]),
  ...because("pubsub", "it keeps filters and does not look at them", [
    "a filter with attributes.k = value lets pass only what matches it",
    "a filter with attributes.k != value lets pass only what matches it",
    "a filter with attributes:k lets pass only what matches it",
    "a filter with hasPrefix lets pass only what matches it",
    "a filter with NOT lets pass only what matches it",
    "a filter with AND lets pass only what matches it",
    "a filter with OR lets pass only what matches it",
    "a filter with AND and OR in parentheses lets pass only what matches it",
    "a filter that mixes AND and OR without parentheses is refused",
    "a filter that cannot be read is refused",
    "a filter of 256 bytes is taken, and one of 257 is refused",
  ]),
  ...because("pubsub", "its push loop breaks on ordering together with dead letter: the key stays held", [
    "push with ordering: the key goes on with its next message when one of its messages has died",
  ]),
  ...because("pubsub", "its push body leaves it out", [
    "push: the body names the ordering key",
    "push: the body says which delivery attempt it is",
  ]),
  ...because("pubsub", "its pushes carry no token", [
    "a push carries an OIDC token where the subscription asks for one",
    "the token's audience is the endpoint where the subscription names none",
  ]),
  ...because("pubsub", "it takes 202 for a refusal and 203 for an acknowledgement", [
    "200, 201, 202 and 204 acknowledge a push, any other status brings it again",
  ]),
  ...because("pubsub", "it redelivers the one message alone, not the later ones of its key", [
    "pull: a message that comes again brings the later ones of its key again, acknowledged or not",
    "stream: a key comes in order, and begins again at the message that was nacked",
  ]),
  ...because("pubsub", "it does not look at a stream's max_outstanding_messages", [
    "a stream delivers no more than the client's flow control takes",
  ]),
  ...because("pubsub", "it does not lock while it creates a subscription", [
    "of ten who create the same subscription at once one wins, the others are told ALREADY_EXISTS",
  ]),
  ...because("pubsub", "it takes ack deadlines below 10 s", [
    "a subscription with an ack deadline of 9 s is refused",
    "an update to what a new subscription may not have is refused",
  ]),
  ...because("pubsub", "it does not check attributes, nor ordering keys within a request", [
    "a publish request with an attribute key of 257 bytes is refused",
    "a publish request with an attribute value of 1025 bytes is refused",
    "a publish request with 101 attributes is refused",
    "a publish request with an attribute that begins with goog is refused",
    "one publish request with two keys is refused",
    "one publish request with a key and none is refused",
  ]),
];
