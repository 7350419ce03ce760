import type { HttpRequest } from "../../http/handler.ts";
import { Problem } from "../../http/problem.ts";
import { hashOf } from "../../values/ids.ts";

const MAX_KEY_CHARACTERS = 255;

/**
 * The Idempotency-Key of a request, with or without the quotes that draft-ietf-httpapi-idempotency-key-header
 * asks for; undefined when it has none.
 * @throws Problem 400 for one that is no key
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
 * The id under which the ledger knows a request with this key, and by which events name it as their cause. Hashed: a
 * key is the caller's own words, and what it says of a person would outlive their erasure.
 */
export function keyedId(key: string): string {
  return `key:${hashOf(key)}`;
}
