import type { Owned } from "./events/ownership.ts";
import type { Timestamp } from "./google/firestore.ts";
import { collection } from "./google/firestore.ts";
import type { Cart } from "./rules/cart/cart.ts";
import type { SessionMemory, ShopperMemory } from "./rules/cart/cart-memory.ts";
import type { CountedFact, Tally } from "./rules/counting/daily-facts.ts";
import type { Consent, ConsentStatement } from "./rules/customer/consent.ts";
import type { Contact } from "./rules/customer/contact.ts";
import type { MarketingMail } from "./rules/customer/marketing.ts";
import type { OrderWorth } from "./rules/customer/order-worth.ts";
import type { SegmentRecord } from "./rules/customer/segment.ts";
import type { Order } from "./rules/order/order.ts";
import type { Shipment } from "./rules/order/shipping.ts";
import type { Signal, Viewed } from "./rules/recommend/signals.ts";
import type { Review, ReviewText, UserReviews } from "./rules/review.ts";
import type { Reorders } from "./rules/stock/reorder.ts";
import type { StockMove } from "./rules/stock/stock.ts";
import type { StockLevel } from "./rules/stock/stock-level.ts";
import type { SupplierOrder } from "./rules/stock/supplier-order.ts";

/** The shop's documents, by collection. The documents of the pipeline (`ledger`, `events`) are in `shared/pipeline`. */

export interface Product extends Owned {
  product_id: string;
  name: string;
  price_minor: number;
  currency: string;
  /** Stock at or below this number is low. Null: no alerts for this product. */
  threshold: number | null;
  opening_stock: number;
  /** History of categories, oldest first: a closed day keeps the category of that day. */
  categories?: { category: string; since_ms: number }[];
  /** The supplier who gets an order when stock is low. Absent: no supplier orders for this product. */
  supplier?: { name: string; email: string };
}

/** The stock of a product. A document apart from the product, because each order writes the stock without a read. */
export interface Stock {
  quantity: number;
}

/**
 * The stock of a product once more, with the number of its stock entries. The commit that moves the stock writes it as
 * well. The day close has a third witness by it when stock and entries differ.
 */
export interface StockTotal {
  quantity: number;
  entries: number;
}

/**
 * One move of a product's stock, written in the commit that moves the stock. Entries are only added. The opening stock
 * and all entries add up to the stock.
 */
export interface StockEntry {
  product_id: string;
  /** Change of the stock: negative takes from stock. */
  delta: number;
  /** Producer and id of the event or command that moved the stock. */
  cause: string;
  at_ms: number;
  /** The order that took or gave back the items. Absent: a move by hand or a receipt. */
  order_id?: string;
  /** The revision of that order. An order moves a product at most once per revision. */
  revision?: number;
  /** The supplier order that the items came from, and its receipt. Absent: no receipt moved the stock. */
  supplier_order_id?: string;
  receipt_id?: string;
  /** The operator's reason for a move by hand, or the name of the receipt. */
  reason?: string;
}

/** The sum of a product's published reviews. Each review changes the sum without a read. */
export interface Rating {
  count: number;
  sum: number;
}

export const products = collection<Product>("products");
export const stock = collection<Stock>("stock");
export const stockTotals = collection<StockTotal>("stock_totals");
export const stockLevels = collection<StockLevel>("stock_levels");
export const stockEntries = collection<StockEntry>("stock_entries");
export const stockMoves = collection<StockMove>("stock_moves");
export const orders = collection<Order>("orders");
export const shipments = collection<Shipment>("shipments");
export const reviews = collection<Review>("reviews");
export const userReviews = collection<UserReviews>("user_reviews");
export const reviewTexts = collection<ReviewText>("review_texts");
export const ratings = collection<Rating>("ratings");
export const carts = collection<Cart>("carts");
export const sessions = collection<SessionMemory>("sessions");
export const shoppers = collection<ShopperMemory>("shoppers");

/**
 * An account, or the settings of a person whom only other systems know. An account has an address. An erased person
 * keeps only `user_id`, `erased_at_ms` and its owner.
 */
export interface User extends Owned {
  user_id: string;
  email?: string;
  name?: string;
  /** IANA name of the time zone. */
  time_zone?: string;
  signed_up_at_ms?: number;
  banned?: { reason: string; banned_by: string; at_ms: number };
  erased_at_ms?: number;
}

/** The owner of an e-mail address, stored under the hash of its lower-case form. Two accounts never share an address. */
export interface EmailClaim {
  user_id: string;
}

/** The rights of a user. */
export interface Access {
  user_id: string;
  blocked: boolean;
  courses: CourseGrant[];
}

export interface CourseGrant {
  course_id: string;
  purchase_id: string;
  granted_at_ms: number;
}

export interface Purchase extends Owned {
  purchase_id: string;
  user_id: string;
  course_id: string;
  amount_minor?: number;
  currency?: string;
  affiliate_id?: string;
  purchased_at_ms: number;
}

/** The commission of an affiliate for one purchase. */
export interface Commission {
  purchase_id: string;
  affiliate_id: string;
  commission_minor: number;
  currency: string;
  credited_at_ms: number;
}

/** The number of purchases of an affiliate, and the commissions in minor units by currency. */
export type AffiliateTotal = { purchases: number } & Record<string, number>;

/** Recommended product ids, best first. The day close writes them. */
export interface Recommendations {
  items: string[];
  updated_at_ms: number;
}

/** The record of a completed erasure. */
export interface Erasure {
  user_id: string;
  /** Time of the latest search through all documents that may hold personal data. */
  looked_through_at_ms: number;
}

/** The marketing mails of a user in the last week. */
export interface MarketingMails {
  user_id: string;
  mails: MarketingMail[];
}

/**
 * The e-mail address that an order names. The buyer may have no account. The document expires when no fact about the
 * order has called for a mail for a long time.
 */
export interface OrderAddress {
  order_id: string;
  user_id?: string;
  email: string;
  /** Hash of the address, to find the orders of an address. */
  email_hash: string;
  /** Time of the order. An erasure spares orders that were placed after its request. */
  happened_at_ms: number;
  expires_at: Timestamp;
}

/** The erasure of a guest's orders, decided by `POST /erasures`. The document names no address. */
export interface GuestErasure {
  erasure_id: string;
  asked_at_ms: number;
  /** Time of the latest complete search. Absent: the first search is not complete. */
  looked_through_at_ms?: number;
}

/** The tombstone of an order: no document keeps personal data about the order from then on. */
export interface OrderErasure {
  order_id: string;
  erasure_id: string;
  erased_at_ms: number;
}

/** The tombstone of an address, under its keyed hash. Covers orders on their way at the time of the erasure. */
export interface AddressErasure {
  erasure_id: string;
  erased_at_ms: number;
  expires_at: Timestamp;
}

/** The random key of a keyed hash: without the key, no address can be tried against the hashes. */
export interface HashKey {
  key: string;
}

export const consents = collection<Consent>("consents");
export const consentStatements = collection<ConsentStatement>("consent_statements");
export const marketingMails = collection<MarketingMails>("marketing_mails");
export const guestErasures = collection<GuestErasure>("guest_erasures");
export const orderErasures = collection<OrderErasure>("order_erasures");
export const addressErasures = collection<AddressErasure>("address_erasures");
export const hashKeys = collection<HashKey>("hash_keys");
export const orderAddresses = collection<OrderAddress>("order_addresses");
export const supplierOrders = collection<SupplierOrder>("supplier_orders");
export const reorders = collection<Reorders>("reorders");
export const users = collection<User>("users");
export const emailClaims = collection<EmailClaim>("email_claims");
export const erasures = collection<Erasure>("erasures");
export const contacts = collection<Contact>("contacts");
export const contactOrders = collection<OrderWorth>("contact_orders");
export const segments = collection<SegmentRecord>("segments");
export const segmentOrders = collection<OrderWorth>("segment_orders");
export const access = collection<Access>("access");
export const purchases = collection<Purchase>("purchases");
export const commissions = collection<Commission>("commissions");
export const affiliates = collection<AffiliateTotal>("affiliates");
export const recommendations = collection<Recommendations>("recommendations");

/** The items that a user put into a cart or ordered: a projection of the reaction `recommendations`. */
export interface UserSignals {
  user_id: string;
  signals: Signal[];
}

/** The products that a user viewed last. The roll-up writes them. */
export interface UserViews {
  user_id: string;
  viewed: Viewed;
}

/** One of several documents that together count a day's views and searches. The roll-up writes them. */
export interface BrowseDay {
  day: string;
  views: number;
  searches: number;
}

/** The number of views of a product on a day. */
export interface ProductViews {
  day: string;
  product_id: string;
  views: number;
  expires_at: Timestamp;
}

/**
 * The number of searches for a normalised term on a day, stored under a hash of both. A term of few people is
 * hidden: its row has `hidden_searches` and `people` instead of `searches` and `term`.
 */
export interface SearchTerm {
  day: string;
  term?: string;
  searches?: number;
  hidden_searches?: number;
  /** Hashes of the people, fewer than MIN_TERM_PEOPLE. */
  people?: string[];
  expires_at: Timestamp;
}

/** Projections of the reaction `analytics`: the counted facts, and several documents a day with the sums. */
export const countedFacts = collection<CountedFact>("counted_facts");
export const dayCounters = collection<Tally>("day_counters");
export const userSignals = collection<UserSignals>("signals");
export const userViews = collection<UserViews>("views");
export const browseDays = collection<BrowseDay>("browse_days");
export const productViews = collection<ProductViews>("product_views");
export const searchTerms = collection<SearchTerm>("search_terms");
