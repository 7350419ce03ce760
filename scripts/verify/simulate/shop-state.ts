import { Firestore } from "@google-cloud/firestore";
import { PubSub } from "@google-cloud/pubsub";

/** The stored state of a shop, as plain objects. The checks compare it with the accepted requests. */
export interface ShopState {
  archive: ArchivedEvent[];
  ledger: LedgerEntry[];
  lanes: Stored[];
  effects: Effect[];
  mails: { message_id: string }[];
  users: Map<string, { email: string }>;
  access: Map<string, { blocked: boolean }>;
  consents: Map<string, { marketing_consent: boolean }>;
  supplierOrders: SupplierOrderDocument[];
  /** Units on order by product, as they count before another order. */
  reorders: Map<string, { open_units: number }>;
  entries: StockEntryDocument[];
  carts: Map<string, CartDocument>;
  orders: Map<string, OrderDocument>;
  stock: Map<string, { quantity: number }>;
  levels: Map<string, { low: boolean; sold_out: boolean; crossings: number }>;
  moves: Map<string, { held: Item[] }>;
  shipments: Map<string, { state: string }>;
  /** Functions with the event types they handle, according to their subscriptions. */
  subscribers: { name: string; types: string[] }[];
}

export interface Item {
  product_id: string;
  quantity: number;
}

interface Stored {
  id: string;
}

export interface ArchivedEvent {
  event_type: string;
  event_id: string;
  producer: string;
  // biome-ignore lint/suspicious/noExplicitAny: events of every type
  event: any;
}

export interface LedgerEntry extends Stored {
  state: string;
  by: string;
  cause: { producer: string; id: string; event_type: string; subject: string; correlation_id: string };
  reason?: string;
  follow_ups?: unknown[];
  created_at_ms: number;
}

export interface SupplierOrderDocument extends Stored {
  product_id: string;
  quantity: number;
  state: string;
  alert: { event_id: string };
  receipts: { receipt_id: string; quantity: number }[];
}

export interface StockEntryDocument {
  product_id: string;
  delta: number;
  supplier_order_id?: string;
}

export interface Effect extends Stored {
  effect: string;
  /** Data of the effect as JSON. */
  data: string;
  cause: { id: string };
  state: string;
  /** Number of attempts without a known result. */
  lost: number;
  changed_at_ms: number;
  reason?: string;
}

export interface OrderDocument {
  state: string;
  items: Item[];
  /** Number of announced changes of the balance. */
  revision: number;
  payments: { payment_id?: string; amount_minor: number }[];
  refunds: { amount_minor: number }[];
}

/** Totals of analytics; money in main units, by currency. */
export interface DayNumbers {
  orders: number;
  views: number;
  searches: number;
  paid: Record<string, number>;
  refunded: Record<string, number>;
  revenue: Record<string, number>;
}

export interface CartDocument {
  status: string;
  armed_due_ms: number | null;
  lines: Item[];
}

export interface Database {
  url: string;
  firestore: Firestore;
  pubsub: PubSub;
  close(): Promise<void>;
}

/** Opens the services that hold the state of a local PulseCart, with the official clients. */
export async function openDatabase(url: string): Promise<Database> {
  const status = (await fetch(`${url}/__local/status`).then(answer => answer.json())) as {
    project_id: string;
    firestore: string;
    pubsub: string;
  };
  // The clients would look for Google's metadata server otherwise.
  process.env["METADATA_SERVER_DETECTION"] ??= "none";
  const projectId = status.project_id;
  const firestore = new Firestore({ projectId, host: status.firestore, ssl: false });
  const pubsub = new PubSub({ projectId, apiEndpoint: status.pubsub, emulatorMode: true });
  return {
    url,
    firestore,
    pubsub,
    close: async () => {
      await Promise.all([firestore.terminate(), pubsub.close()]);
    },
  };
}

/** Reads the totals of analytics from one day to another, by the shop's clock. */
export async function readDays(url: string, fromMs: number, toMs: number): Promise<DayNumbers> {
  const [from, to] = [fromMs, toMs].map(ms => new Date(ms).toISOString().slice(0, 10));
  const answer = await fetch(`${url}/analytics?from=${from}&to=${to}`);
  const body = (await answer.json()) as { total: DayNumbers };
  if (!answer.ok) throw new Error(`GET /analytics answered ${answer.status}: ${JSON.stringify(body)}`);
  return body.total;
}

/** Max mails of one answer: more than any simulated day sends. */
const MAX_MAILS = 1_000_000;

async function readMails(url: string): Promise<ShopState["mails"]> {
  const answer = await fetch(`${url}/__local/inbox?limit=${MAX_MAILS}`);
  return ((await answer.json()) as { items: ShopState["mails"] }).items;
}

/** Reads all documents since a time, by the shop's clock. Documents without a time are read in full. */
export async function readShopState(
  { firestore, pubsub, url }: Database,
  sinceMs: number,
): Promise<ShopState> {
  const all = async <T>(name: string): Promise<(T & Stored)[]> => {
    const { docs } = await firestore.collection(name).get();
    return docs.map(document => ({ ...(document.data() as T), id: document.id }));
  };
  const byId = async <T>(name: string): Promise<Map<string, T>> =>
    new Map((await all<T>(name)).map(document => [document.id, document]));
  const day = new Date(sinceMs).toISOString().slice(0, 10);
  const [events, ledger, lanes, effects, subscribers] = await Promise.all([
    firestore.collection("events").where("day", ">=", day).get(),
    all<LedgerEntry>("ledger"),
    all<{ changed_at_ms: number }>("lanes"),
    all<Effect>("effects"),
    readSubscribers(pubsub),
  ]);
  return {
    archive: events.docs
      .map(document => ({ ...(document.data() as ArchivedEvent), event: JSON.parse(document.get("event")) }))
      .filter(({ event }) => Date.parse(event.received_at) >= sinceMs),
    ledger: ledger.filter(entry => entry.created_at_ms >= sinceMs),
    lanes: lanes.filter(lane => lane.changed_at_ms >= sinceMs),
    effects: effects.filter(effect => effect.changed_at_ms >= sinceMs),
    mails: await readMails(url),
    users: await byId("users"),
    access: await byId("access"),
    consents: await byId("consents"),
    supplierOrders: await all("supplier_orders"),
    reorders: await byId("reorders"),
    entries: await all("stock_entries"),
    carts: await byId("carts"),
    orders: await byId("orders"),
    stock: await byId("stock"),
    levels: await byId("stock_levels"),
    moves: await byId("stock_moves"),
    shipments: await byId("shipments"),
    subscribers,
  };
}

/**
 * Reads the subscribers from the filters of the subscriptions, `attributes.event_type = "a" OR ...`. A subscription without
 * such a filter (the archive's) names no handled types.
 */
async function readSubscribers(pubsub: PubSub): Promise<ShopState["subscribers"]> {
  const [subscriptions] = await pubsub.getSubscriptions();
  return subscriptions.flatMap(({ name, metadata }) => {
    const [, subscriber] = /\/pulsecart\.([a-z0-9-]+)\./.exec(name) ?? [];
    const types = [...(metadata?.filter ?? "").matchAll(/attributes\.event_type ?= ?"([^"]+)"/g)].map(
      ([, type = ""]) => type,
    );
    return subscriber === undefined || types.length === 0 ? [] : [{ name: subscriber, types }];
  });
}
