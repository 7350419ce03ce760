import { skip } from "../pipeline/skip.ts";

/** Skip of an event about a buyer when the order belongs to a guest. */
export const GUEST_ORDER = skip("the order belongs to a guest: no user_id is known");

/** Skip of a balance that is older than the counted one. */
export const ALREADY_COUNTED = skip("a later revision of the order's balance is counted already");
