import type { OrderWorth } from "../../rules/customer/order-worth.ts";
import { addNet } from "../../rules/customer/order-worth.ts";
import { fromMinor } from "../../values/money.ts";
import { worthByBalances, worthByOrder } from "./customer-evidence.ts";
import type { OrderEvidence } from "./order-evidence.ts";
import type { Compared } from "./statements.ts";
import { statement } from "./statements.ts";

/** Lists what the contacts and the segments have counted of an order, by each kind of document that states it. */
export function worthValues(evidence: OrderEvidence): Compared[] {
  const { id, balances, order, contactOrder, segmentOrder, isBuyerErased } = evidence;
  if (balances.length === 0 || order.isLater) return [];
  const byBalance = worthByBalances(balances.map(({ event }) => ({ balance: event })));
  const documents = [
    // The contact of an erased person counts nothing any more.
    ...(isBuyerErased ? [] : [{ name: "contact", by: "the contact's order", stored: contactOrder }]),
    { name: "segment", by: "the segment's order", stored: segmentOrder },
  ];
  const stated = ({ data }: typeof contactOrder) => data && worthText(data);
  const others = [
    statement("order.balance_changed", worthText(byBalance)),
    statement("the order", order.data && worthText(worthByOrder(order.data))),
  ];
  return documents
    .filter(({ stored }) => !stored.isLater)
    .flatMap(({ name, by, stored: { data } }): Compared[] => {
      const about = { kind: "order", events: balances.map(one => one.name) } as const;
      return [
        {
          ...about,
          about: `${id}: worth to the ${name}`,
          stored: statement(by, data && worthText(data)),
          witnesses: [
            ...others,
            ...documents
              .filter(other => other.name !== name)
              .map(other => statement(other.by, stated(other.stored))),
          ],
          isDerived: true,
        },
        {
          ...about,
          about: `${id}: last payment for the ${name}`,
          stored: statement(by, data && timeText(data.last_paid_at_ms)),
          witnesses: [statement("order.balance_changed", timeText(byBalance.last_paid_at_ms))],
        },
      ];
    });
}

function worthText({ revision, user_id = "a guest", orders, paid_orders, net_minor }: OrderWorth): string {
  return `${orders} placed, ${paid_orders} paid, ${netText(net_minor)} of ${user_id} in revision ${revision}`;
}

/** Formats a time as text. */
export function timeText(ms: number | null | undefined): string {
  return typeof ms === "number" && Math.abs(ms) < MAX_TIME_MS ? new Date(ms).toISOString() : "never";
}

/** The largest time that a date can hold. */
const MAX_TIME_MS = 8.64e15;

/** Formats amounts by currency, with the currencies in a fixed order. */
export function netText(net: Readonly<Record<string, number>>): string {
  const amounts = Object.entries(net).filter(([, minor]) => minor !== 0);
  const texts = amounts.map(([currency, minor]) => `${decimal(minor, currency)} ${currency}`);
  return texts.sort().join(", ") || "nothing";
}

function decimal(minor: number, currency: string): number | string {
  try {
    return fromMinor(minor, currency);
  } catch {
    // A damaged document may hold any number.
    return `${minor} minor units`;
  }
}

/** Adds up one sum of several orders. @returns undefined when no document states any */
export function sumText(
  worths: readonly OrderWorth[],
  name: "orders" | "paid_orders" | "net_minor",
): string | undefined {
  if (worths.length === 0) return undefined;
  if (name !== "net_minor") return String(worths.reduce((sum, worth) => sum + worth[name], 0));
  return netText(worths.reduce((net, worth) => addNet(net, worth.net_minor), {}));
}
