import type {
  CompositeIndex,
  FieldIndex,
  IndexedField,
  Indexes,
} from "../local-cloud/firestore/query/index-definitions.ts";

const up = (field: string): IndexedField => ({ field, order: "ASCENDING" });
const down = (field: string): IndexedField => ({ field, order: "DESCENDING" });

/** Returns the index of a list of orders by these fields, the latest first. */
function equalOrders(names: readonly string[]): CompositeIndex {
  return { collection: "orders", fields: [...names.map(up), down("placed_at_ms")] };
}

/** Indexes for queries and sums over several fields. */
const composite: readonly CompositeIndex[] = [
  { collection: "events", fields: [up("browse_shard"), up("archived_at")] },
  { collection: "search_terms", fields: [up("day"), down("searches")] },
  ...[["user_id"], ["state"], ["has_owed_back"]].map(equalOrders),
  ...[
    ["user_id", "state"],
    ["user_id", "has_owed_back"],
    ["state", "has_owed_back"],
  ].map(equalOrders),
  equalOrders(["user_id", "state", "has_owed_back"]),
  { collection: "reviews", fields: [up("product_id"), up("state"), down("submitted_at_ms")] },
  { collection: "reviews", fields: [up("state"), down("submitted_at_ms")] },
  { collection: "reviews", fields: [up("product_id"), up("state"), up("rating")] },
  { collection: "product_views", fields: [up("day"), up("views")] },
  { collection: "search_terms", fields: [up("day"), up("searches")] },
  { collection: "shipments", fields: [up("state"), up("since_ms")] },
  { collection: "stock_entries", fields: [up("product_id"), up("delta")] },
  { collection: "supplier_orders", fields: [up("state"), down("ordered_at_ms")] },
  { collection: "supplier_orders", fields: [up("product_id"), down("ordered_at_ms")] },
  { collection: "supplier_orders", fields: [up("product_id"), up("state"), down("ordered_at_ms")] },
  { collection: "ledger", fields: [up("announced_on"), up("announced_count")] },
];

/**
 * Collections without automatic indexes. Events write them, at a rate that grows with the shop, or they hold large maps
 * and lists. Each automatic index is written with its document. An index on a value that grows with time limits its
 * collection to 500 writes per second (https://cloud.google.com/firestore/docs/best-practices).
 */
const exempt: readonly string[] = [
  // The pipeline.
  ...["ledger", "events", "lanes", "effects"],
  // The shop.
  ...["orders", "shipments", "carts", "sessions", "shoppers", "order_addresses", "purchases"],
  ...["stock", "stock_levels", "stock_entries", "stock_moves", "stock_totals", "ratings"],
  ...["reviews", "user_reviews", "review_texts"],
  ...["guest_erasures", "order_erasures", "address_erasures", "hash_keys"],
  ...[
    "users",
    "email_claims",
    "erasures",
    "consent_statements",
    "contacts",
    "contact_orders",
    "access",
    "commissions",
  ],
  ...["segments", "segment_orders", "affiliates", "consents", "marketing_mails", "recommendations"],
  // Analytics.
  ...["counted_facts", "day_counters", "signals", "views", "browse_days", "product_views", "search_terms"],
  // The day close.
  ...["day_close_parts", "day_close_chunks", "day_close_findings", "day_close_pairs", "day_close_subjects"],
  ...["day_close_facts", "reports", "repairs", "affinities", "popular"],
];

/** Collections of `shared` with automatic indexes: few small documents, written a few times a minute at most. */
export const AUTOMATIC: readonly string[] = [
  ...[
    "audit",
    "browse_cursors",
    "browse_progress",
    "cursors",
    "day_close_cursors",
    "day_closings",
    "generations",
    "products",
  ],
  ...["projections", "reorders", "replays", "supplier_orders"],
];

/** Fields that queries of exempt collections filter by, by collection. */
const ascending: Readonly<Record<string, readonly string[]>> = {
  carts: ["armed_due_ms"],
  commissions: ["affiliate_id"],
  consent_statements: ["user_id"],
  contact_orders: ["user_id"],
  effects: ["state", "cause.subject", "changed_at_ms"],
  events: ["day", "event_type", "subject", "order_id", "user_id", "product_id", "cart_id", "email_hash"],
  lanes: ["head_is_queued"],
  ledger: ["state", "by", "aggregate", "cause.subject", "counted_as", "announced_on"],
  day_close_facts: ["day", "cart_id"],
  day_close_findings: ["closing"],
  day_close_subjects: ["day"],
  order_addresses: ["user_id", "email_hash"],
  order_erasures: ["erasure_id"],
  orders: ["user_id"],
  purchases: ["user_id"],
  repairs: ["closing"],
  reviews: ["user_id"],
  segments: ["lapses_at_ms"],
  stock: ["quantity"],
  stock_entries: ["product_id", "order_id", "supplier_order_id", "delta"],
  user_reviews: ["user_id"],
};

/** The indexes on single fields of exempt collections. */
const fields: readonly FieldIndex[] = [
  ...Object.entries(ascending).flatMap(([collection, names]) =>
    names.map(field => ({ collection, field, kind: "ascending" }) as const),
  ),
  { collection: "carts", field: "user_ids", kind: "contains" },
];

/** The field with a document's expiry time. Deletion takes up to a day, so readers compare the time. */
export const TTL_FIELD = "expires_at";

/** All indexes and TTL policies of the database. */
export const indexes: Indexes = {
  composite,
  exempt,
  fields,
  expiring: [
    "ledger",
    "effects",
    "order_addresses",
    "address_erasures",
    "product_views",
    "search_terms",
    "day_close_parts",
    "day_close_chunks",
    "day_close_findings",
    "day_close_pairs",
    "day_close_subjects",
  ],
};
