import type { Accepted } from "./accepted.ts";
import type { Difference } from "./difference.ts";
import type { ShopState } from "./shop-state.ts";

/** The producer of every event that the day reports. */
const REPORTED = "ingest";

/** Checks that reports about things of another owner changed nothing: no reaction handled them, no account changed. */
export function ownerDifferences(accepted: Accepted, shop: ShopState): Difference[] {
  const handled = shop.ledger
    .filter(({ cause }) => cause.producer === REPORTED && accepted.foreign.has(cause.id))
    .filter(({ state, reason }) => state !== "skipped" || reason !== "not the owner")
    .map(({ by, cause, state, reason = "" }) => ({
      about: `${cause.id} (${cause.event_type}, by ${by})`,
      expected: "skipped: not the owner",
      found: `${state}: ${reason}`,
    }));
  return [...handled, ...accepted.accounts.flatMap(account => accountDifferences(account, shop))];
}

function accountDifferences({ id, email }: Accepted["accounts"][number], shop: ShopState): Difference[] {
  const found = {
    email: shop.users.get(id)?.email,
    blocked: shop.access.get(id)?.blocked ?? false,
    consents: shop.consents.get(id)?.marketing_consent ?? false,
  };
  const expected = { email, blocked: false, consents: false };
  const [wanted, got] = [expected, found].map(one => JSON.stringify(one));
  return wanted === got ? [] : [{ about: `account ${id}`, expected: `${wanted}`, found: `${got}` }];
}
