/**
 * The most items an event, and so a cart that is announced or an order, may have: above any real basket, and
 * with some 200 bytes an item well within the 256 KiB of an event.
 */
export const MAX_ITEMS = 500;
