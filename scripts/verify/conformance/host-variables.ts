/** The services whose emulator Google has too, by what tells a test file where that one listens. */
export const HOST_VARIABLES = {
  firestore: "CONFORMANCE_FIRESTORE_HOST",
  pubsub: "CONFORMANCE_PUBSUB_HOST",
} as const;
