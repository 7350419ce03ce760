import type { Timestamp } from "./google/firestore.ts";
import { collection } from "./google/firestore.ts";
import type { Cart } from "./rules/cart/cart.ts";
import type { SessionMemory, ShopperMemory } from "./rules/cart/cart-memory.ts";
import type { CountedFact, Tally } from "./rules/counting/daily-facts.ts";
import type { Contact, ContactOrder } from "./rules/customer/contact.ts";
import type { SegmentOrder, SegmentRecord } from "./rules/customer/segment.ts";
import type { Order } from "./rules/order/order.ts";
import type { Shipment } from "./rules/order/shipping.ts";
import type { Signal, Viewed } from "./rules/recommend/signals.ts";
import type { Review, ReviewText } from "./rules/review.ts";
import type { StockMove } from "./rules/stock/stock.ts";
import type { StockLevel } from "./rules/stock/stock-level.ts";

/** The shop's documents, by collection. The machinery's own (`ledger`, `events`) are in `pipeline`. */

export interface Product {
  product_id: string;
  name: string;
  price_minor: number;
  currency: string;
  /** At this stock or below it is low. Null: nobody wants to be told. */
  threshold: number | null;
  opening_stock: number;
  /** What it was filed under, and since when, oldest first: a closed day keeps the category of that day. */
  categories?: { category: string; since_ms: number }[];
  /** Who is asked for more when it runs low. */
  supplier?: { name: string; email: string };
}

/** Apart from its product, because it is written by every order, without being read. */
export interface Stock {
  quantity: number;
}

/**
 * One move of a product's stock, written in the commit that moves it, only ever added to: what these add up to from
 * the opening stock on is what the stock must be.
 */
export interface StockEntry {
  product_id: string;
  /** Negative takes from stock. */
  delta: number;
  /** What moved it: the producer and id of an event, or of a command. */
  cause: string;
  at_ms: number;
  /** Of what an order took, or gave back. */
  order_id?: string;
  /** Of a move by hand. */
  reason?: string;
}

/** What the published reviews of a product add up to; moved by each of them without being read. */
export interface Rating {
  count: number;
  sum: number;
}

export const products = collection<Product>("products");
export const stock = collection<Stock>("stock");
export const stockLevels = collection<StockLevel>("stock_levels");
export const stockEntries = collection<StockEntry>("stock_entries");
export const stockMoves = collection<StockMove>("stock_moves");
export const orders = collection<Order>("orders");
export const shipments = collection<Shipment>("shipments");
export const reviews = collection<Review>("reviews");
export const reviewTexts = collection<ReviewText>("review_texts");
export const ratings = collection<Rating>("ratings");
export const carts = collection<Cart>("carts");
export const sessions = collection<SessionMemory>("sessions");
export const shoppers = collection<ShopperMemory>("shoppers");

/** An account. Of one that was erased only `user_id` and `erased_at_ms` are left. */
export interface User {
  user_id: string;
  email?: string;
  name?: string;
  marketing_consent?: boolean;
  /** When the consent was last given or taken back: an unsubscription counts until a later consent. */
  marketing_consent_at_ms?: number;
  /** IANA. */
  time_zone?: string;
  signed_up_at_ms?: number;
  banned?: { reason: string; banned_by: string; at_ms: number };
  erased_at_ms?: number;
}

/** Whose an address is, under the hash of its lower-case form: two accounts never share one. */
export interface EmailClaim {
  user_id: string;
}

/** What somebody may do here. */
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

export interface Purchase {
  purchase_id: string;
  user_id: string;
  course_id: string;
  amount_minor?: number;
  currency?: string;
  affiliate_id?: string;
  purchased_at_ms: number;
}

/** What an affiliate earned by one purchase. */
export interface Commission {
  purchase_id: string;
  affiliate_id: string;
  commission_minor: number;
  currency: string;
  credited_at_ms: number;
}

/** How many purchases an affiliate brought, and what they earned it, in minor units by currency. */
export type AffiliateTotal = { purchases: number } & Record<string, number>;

/** Product ids, best first; the nightly writes them. */
export interface Recommendations {
  items: string[];
  updated_at_ms: number;
}

/** That the erasure of a person was carried out: when all that may be held was last looked through. */
export interface Erasure {
  user_id: string;
  looked_through_at_ms: number;
}

/** What somebody told us by the link in a mail, whether or not they have an account here. */
export interface MailPreference {
  user_id: string;
  /** It holds until a consent that was given later. */
  unsubscribed_at_ms: number;
}

/** The marketing mails that were decided for somebody on their latest day with one. */
export interface MarketingDay {
  user_id: string;
  /** By their own calendar: "2026-11-20". */
  day: string;
  mails: string[];
}

/** Where to write about an order that named an address itself: whoever placed it may have no account. */
export interface OrderAddress {
  order_id: string;
  user_id?: string;
  email: string;
}

/** What was ordered from a supplier, for one time that stock fell to its threshold. */
export interface SupplierOrder {
  supplier_order_id: string;
  product_id: string;
  product_name: string;
  quantity: number;
  supplier: { name: string; email: string };
  ordered_at_ms: number;
}

export const mailPreferences = collection<MailPreference>("mail_preferences");
export const marketingDays = collection<MarketingDay>("marketing_days");
export const orderAddresses = collection<OrderAddress>("order_addresses");
export const supplierOrders = collection<SupplierOrder>("supplier_orders");
export const users = collection<User>("users");
export const emailClaims = collection<EmailClaim>("email_claims");
export const erasures = collection<Erasure>("erasures");
export const contacts = collection<Contact>("contacts");
export const contactOrders = collection<ContactOrder>("contact_orders");
export const segments = collection<SegmentRecord>("segments");
export const segmentOrders = collection<SegmentOrder>("segment_orders");
export const access = collection<Access>("access");
export const purchases = collection<Purchase>("purchases");
export const commissions = collection<Commission>("commissions");
export const affiliates = collection<AffiliateTotal>("affiliates");
export const recommendations = collection<Recommendations>("recommendations");

/** What somebody put into a cart, ordered or bought: a projection of the reaction `recommendations`. */
export interface UserSignals {
  user_id: string;
  signals: Signal[];
}

/** What somebody looked at last; the roll-up writes it. */
export interface UserViews {
  user_id: string;
  viewed: Viewed;
}

/** One of several documents that together hold a day's views and searches; the roll-up writes them. */
export interface BrowseDay {
  day: string;
  views: number;
  searches: number;
}

/** How often a product was looked at on a day. */
export interface ProductViews {
  day: string;
  product_id: string;
  views: number;
  expires_at: Timestamp;
}

/** How often a term, as it is counted, was searched for on a day. */
export interface SearchTerm {
  day: string;
  term: string;
  searches: number;
  expires_at: Timestamp;
}

/** Projections of the reaction `analytics`: what was counted, and several documents a day that hold the sums. */
export const countedFacts = collection<CountedFact>("counted_facts");
export const dayCounters = collection<Tally>("day_counters");
export const userSignals = collection<UserSignals>("signals");
export const userViews = collection<UserViews>("views");
export const browseDays = collection<BrowseDay>("browse_days");
export const productViews = collection<ProductViews>("product_views");
export const searchTerms = collection<SearchTerm>("search_terms");
