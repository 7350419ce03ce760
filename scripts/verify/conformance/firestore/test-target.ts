import type { TestFirestore } from "../../../local-cloud/test/firestore-client.ts";
import { testFirestore } from "../../../local-cloud/test/firestore-client.ts";
import { googleHost } from "../target.ts";

/** Returns the Firestore of a test file: Google's when its address is set, an embedded one otherwise. */
export function firestoreUnderTest(): TestFirestore {
  const host = googleHost("firestore");
  return host === undefined ? testFirestore() : testFirestore(async () => ({ host, close() {} }));
}
