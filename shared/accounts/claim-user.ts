import { users } from "../collections.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { isFromOwner } from "../events/ownership.ts";
import type { Work } from "../pipeline/work.ts";
import { claimOf } from "../producers/claim.ts";

/**
 * Records the owner of a user whom another system signed up: the producer of the first sign-up. Later facts about this
 * user count only when they come from that owner.
 */
export async function claimUser(event: PulseCartEvent<"user.signed_up">, work: Work): Promise<void> {
  if (isFromOwner(event)) return;
  const { user_id } = event;
  const user = await work.get(users, user_id);
  if (user?.owned_by === undefined) work.set(users, user_id, { ...user, user_id, ...claimOf(event, work) });
}
