import { writeCart } from "../../carts/write-cart.ts";
import { carts, supplierOrders } from "../../collections.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { effects } from "../../pipeline/records/effect-record.ts";
import { lanes } from "../../pipeline/records/lane-store.ts";
import { ledger } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import { rearmOverdue } from "../../rules/cart/cart-timer.ts";
import type { SupplierOrder } from "../../rules/stock/supplier-order.ts";
import { openUnits } from "../../rules/stock/supplier-order.ts";
import { DAY_MS, MINUTE_MS } from "../../values/durations.ts";
import type { ClosingKey } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { recordRepair } from "../closing/repair.ts";

/** Overdue time from which a record is reported. The sweep resumes records after one minute, so it failed here. */
const HANGS_AFTER_MS = 15 * MINUTE_MS;

/** Age in days from which an open supplier order is reported. No delivery time is stored; most goods come in two weeks. */
const OPEN_AFTER_DAYS = 14;

type Fields = Readonly<Record<string, unknown>>;

/** One kind of record that may hang. */
interface HangingSource {
  /** The query for records that may hang. */
  of(nowMs: number): Query;
  /** Returns the finding about a record; undefined for a record that does not hang. */
  finding(document: Fields, about: { id: string; nowMs: number }): Finding | undefined;
}

/** The sources in their order: ledger entries, lanes, effects, supplier orders, and carts whose timer is lost. */
const SOURCES: readonly HangingSource[] = [
  {
    of: () => firestore().collection(ledger.name).where("state", "in", ["pending", "deferred"]),
    finding: (entry, { id, nowMs }) => {
      const found = entry["state"] === "pending" ? "follow-ups not sent" : "retry overdue";
      return isOld(entry["due_at_ms"], nowMs) ? hanging(found, { id, document: entry }) : undefined;
    },
  },
  {
    of: () => firestore().collection(ledger.name).where("state", "==", "parked"),
    finding: (entry, { id }) => hanging("parked, waits for an operator", { id, document: entry }),
  },
  {
    of: () => firestore().collection(lanes.name).where("head_is_queued", "==", true),
    finding: (lane, { id, nowMs }) =>
      isOld(lane["changed_at_ms"], nowMs) ? hanging("lane not drained", { id, document: lane }) : undefined,
  },
  {
    of: () => firestore().collection(effects.name).where("state", "in", ["planned", "sending"]),
    finding: (effect, { id, nowMs }) =>
      isOld(effect["due_at_ms"], nowMs) ? hanging("effect overdue", { id, document: effect }) : undefined,
  },
  {
    of: () => firestore().collection(effects.name).where("state", "==", "unknown"),
    finding: (effect, { id }) => ({
      ...hanging("effect with unknown result", { id, document: effect }),
      kind: "unknown effect",
    }),
  },
  {
    of: () => firestore().collection(supplierOrders.name).where("state", "==", "open"),
    finding: (order, { nowMs }) => openOrderFinding(order as unknown as SupplierOrder, nowMs),
  },
  {
    of: nowMs =>
      firestore()
        .collection(carts.name)
        .where("armed_due_ms", "<=", nowMs - HANGS_AFTER_MS),
    finding: (_cart, { id }) => hanging("cart timer lost", { id, document: {} }),
  },
];

/**
 * Finds records that should be finished, one page of one source at a time. A cart gets a new timer. The other records
 * are reported to an operator. The sweep has retried them every minute, so another retry would not help.
 */
export const findHanging: PageStep = async ({ dayClosing: { page_size }, after, ...closing }, work) => {
  const [place, last]: [number, string] = after === "" ? [0, ""] : JSON.parse(after);
  const source = SOURCES[place];
  if (!source) return { next: undefined };
  const { nowMs } = work;
  const page = source.of(nowMs).limit(page_size);
  const isLast = place === SOURCES.length - 1;
  // Carts are ordered by time, so only the first page of them is read and listed.
  const inOrder = isLast ? page.orderBy("armed_due_ms") : page.orderBy("__name__");
  const { docs } = await (last === "" ? inOrder : inOrder.startAfter(last)).get();
  const findings = docs.flatMap(one => source.finding(one.data(), { id: one.id, nowMs }) ?? []);
  if (isLast)
    await rearmCarts(
      docs.map(({ id }) => id),
      closing,
      work,
    );
  const isMore = docs.length === page_size && !isLast;
  const next = JSON.stringify(isMore ? [place, docs.at(-1)?.id] : [place + 1, ""]);
  return { findings, next };
};

/** Arms the timers of carts again. A second timer does no harm: the timer reads the cart before it acts. */
async function rearmCarts(ids: readonly string[], closing: ClosingKey, work: Work): Promise<void> {
  const found = await work.getAll(carts, ids);
  for (const [index, id] of ids.entries()) {
    const cart = found[index];
    const change = cart && rearmOverdue(cart, work.nowMs);
    if (!cart || !change) continue;
    writeCart(cart, change, work);
    const target = `the timer of carts/${id}`;
    const before = { step: cart.step, due_at_ms: cart.armed_due_ms };
    recordRepair({ target, before, after: { step: change.cart.step } }, { closing, work });
  }
}

/** Names a supplier order whose goods are late. While such an order is open, its units are not ordered again. */
function openOrderFinding(order: SupplierOrder, nowMs: number): Finding | undefined {
  const { supplier_order_id, product_id, ordered_at_ms } = order;
  if (ordered_at_ms + OPEN_AFTER_DAYS * DAY_MS > nowMs) return undefined;
  const day = new Date(ordered_at_ms).toISOString().slice(0, 10);
  return {
    kind: "open supplier order",
    about: supplier_order_id,
    expected: `received within ${OPEN_AFTER_DAYS} days`,
    found: `${openUnits(order)} ${product_id} open since ${day}`,
  };
}

function isOld(ms: unknown, nowMs: number): boolean {
  return typeof ms === "number" && ms + HANGS_AFTER_MS <= nowMs;
}

function hanging(found: string, { id, document }: { id: string; document: Fields }): Finding {
  const { cause } = document as { cause?: { producer: string; id: string } };
  const events = cause && [`${cause.producer} ${cause.id}`];
  return { kind: "hangs", about: id, expected: "finished", found, events };
}
