/** Limits that whoever announces an event must keep as well as whoever reports one. */

/** Items of an order or a cart: above any real basket; with long names in any script still a fraction of 256 KiB. */
export const MAX_ITEMS = 200;

/** Of one product in an order or a cart. */
export const MAX_QUANTITY = 1_000_000;
