/** The functions that the chaos test's books look at: starting all of them takes twice as long. */
export const LOOKED_AT: readonly string[] = [
  "checkout",
  "products",
  "ingest",
  "archive",
  "carts",
  "inventory",
  "orders",
  "sweep",
  "abandon-cart",
  "check-stock",
  "procurement",
  "analytics",
  "daily-numbers",
  "roll-up",
  "close-day",
  "close-shard",
];
