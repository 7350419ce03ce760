// Limits of payloads. Owners keep them when they announce an event, and ingest checks them in reports.

/**
 * Max items of an order or a cart. Real carts hold far fewer. With long names in any script such a list stays a
 * fraction of 256 KiB, the largest accepted event.
 */
export const MAX_ITEMS = 200;

/** Max quantity of one product in an order or a cart. */
export const MAX_QUANTITY = 1_000_000;
