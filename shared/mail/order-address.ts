import { orderAddresses } from "../collections.ts";
import { timestamp } from "../google/firestore.ts";
import type { Work } from "../pipeline/work.ts";
import { DAY_MS } from "../values/durations.ts";
import { emailHash } from "../values/ids.ts";

/**
 * Retention of an order's address after the last fact that calls for a mail: 90 days. Refunds and returns of an order
 * come within weeks; a longer retention needs another purpose (GDPR, Article 5 (1) (e)).
 */
export const ADDRESS_KEPT_MS = 90 * DAY_MS;

interface ReportedAddress {
  order_id: string;
  user_id?: string;
  email: string;
  happened_at_ms: number;
}

/** Keeps the address that an order names. All later mails about the order of a guest go to this address. */
export function keepAddress(reported: ReportedAddress, work: Work): void {
  work.set(orderAddresses, reported.order_id, {
    ...reported,
    email_hash: emailHash(reported.email),
    expires_at: timestamp(work.nowMs + ADDRESS_KEPT_MS),
  });
}

/** Extends the retention of an order's address, because a fact about the order calls for a mail. */
export async function extendAddress(orderId: string, work: Work): Promise<void> {
  const kept = await work.get(orderAddresses, orderId);
  if (!kept) return;
  // Firestore deletes an expired document within a day: until then, the address counts as deleted.
  if (kept.expires_at.toMillis() <= work.nowMs) work.delete(orderAddresses, orderId);
  else work.set(orderAddresses, orderId, { ...kept, expires_at: timestamp(work.nowMs + ADDRESS_KEPT_MS) });
}
