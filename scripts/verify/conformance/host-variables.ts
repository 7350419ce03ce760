/** Environment variables with the address of Google's emulator, by service. Google has no other emulators. */
export const HOST_VARIABLES = {
  firestore: "CONFORMANCE_FIRESTORE_HOST",
  pubsub: "CONFORMANCE_PUBSUB_HOST",
} as const;
