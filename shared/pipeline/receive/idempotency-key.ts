import type { HttpRequest } from "../../http/handler.ts";
import { Problem } from "../../http/problem.ts";
import { hashOf } from "../../values/ids.ts";

/** Max length of an Idempotency-Key. */
const MAX_KEY_CHARACTERS = 255;

/**
 * Returns the Idempotency-Key of a request. The quotes of draft-ietf-httpapi-idempotency-key-header are optional.
 * @returns undefined when the request has no key
 * @throws Problem 400 for an invalid key
 */
export function idempotencyKey({ headers }: HttpRequest): string | undefined {
  const header = headers["idempotency-key"];
  if (header === undefined) return undefined;
  const key = String(header).replace(/^"(.*)"$/, "$1");
  if (/^[\x21-\x7e]+$/.test(key) && key.length <= MAX_KEY_CHARACTERS) return key;
  throw new Problem({
    status: 400,
    slug: "idempotency-key",
    detail: `Idempotency-Key must be 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters.`,
  });
}

/**
 * Returns the id of a request with this key: in the ledger, and as the cause of events. The key is hashed, because a key
 * may contain personal data, which would survive an erasure.
 */
export function keyedId(key: string): string {
  return `key:${hashOf(key)}`;
}
