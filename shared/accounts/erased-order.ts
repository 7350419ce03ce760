import { createHmac, randomBytes } from "node:crypto";
import type { AddressErasure } from "../collections.ts";
import { addressErasures, hashKeys, orderErasures } from "../collections.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { happenedAt } from "../events/happened-at.ts";
import type { Work } from "../pipeline/work.ts";
import { emailHash } from "../values/ids.ts";

/** The document of the key under which tombstones of addresses are hashed. */
const ADDRESS_KEY = "erased_addresses";

const KEY_BYTES = 32;

/**
 * Tells whether an order was erased, or whether the event names an address that was erased after the event happened.
 * Such an order gets its own tombstone, so its later events need no address. The reads belong to the transaction that
 * stores something about the order, so a concurrent erasure conflicts with it.
 */
export async function isOrderErased(
  event: PulseCartEvent,
  documents: Pick<Work, "get" | "set">,
): Promise<boolean> {
  const { order_id } = event;
  if (order_id === undefined) return false;
  if (await documents.get(orderErasures, order_id)) return true;
  const erasure = event.user_id === undefined ? await erasureOf(addressIn(event), documents) : undefined;
  if (!erasure || happenedAt(event) > erasure.erased_at_ms) return false;
  const { erasure_id, erased_at_ms } = erasure;
  documents.set(orderErasures, order_id, { order_id, erasure_id, erased_at_ms });
  return true;
}

/** Returns the e-mail address in an event's payload. */
export function addressIn({ payload }: PulseCartEvent): string | undefined {
  const email = "email" in payload ? payload.email : undefined;
  return typeof email === "string" ? email : undefined;
}

async function erasureOf(
  email: string | undefined,
  documents: Pick<Work, "get">,
): Promise<AddressErasure | undefined> {
  if (email === undefined) return undefined;
  const stored = await documents.get(hashKeys, ADDRESS_KEY);
  // No address was erased before the first key.
  return stored && documents.get(addressErasures, keyedHash(email, stored.key));
}

/** Writes the tombstone of an address, and the key of its hash before the first one. */
export async function eraseAddress(email: string, erasure: AddressErasure, work: Work): Promise<void> {
  const stored = await work.get(hashKeys, ADDRESS_KEY);
  const key = stored?.key ?? randomBytes(KEY_BYTES).toString("base64url");
  if (!stored) work.set(hashKeys, ADDRESS_KEY, { key });
  work.set(addressErasures, keyedHash(email, key), erasure);
}

function keyedHash(email: string, key: string): string {
  return createHmac("sha256", key).update(emailHash(email)).digest("hex");
}
