import type { TestFirestore } from "../../../local-cloud/test/firestore-client.ts";
import { testFirestore } from "../../../local-cloud/test/firestore-client.ts";
import { googleHost } from "../target.ts";

/** The Firestore that a conformance file asks: Google's where the runner names it, an embedded one otherwise. */
export function firestoreUnderTest(): TestFirestore {
  const host = googleHost("firestore");
  return host === undefined ? testFirestore() : testFirestore(async () => ({ host, close() {} }));
}
