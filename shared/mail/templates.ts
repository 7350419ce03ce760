import type { Tracking } from "../rules/order/parcel.ts";
import { minorDigits } from "../values/currencies.ts";
import { fromMinor } from "../values/money.ts";
import { webAddress } from "../values/web-address.ts";
import type { Content } from "./content.ts";
import type { Template } from "./mail.ts";
import { linklessText, outsideId, outsideName, outsideText } from "./outside-text.ts";

/** Facts that each template is filled with. An absent fact is unknown and left out. */
export interface TemplateFacts {
  welcome: Named;
  "order-placed": OfOrder & { lines: readonly Line[]; total?: Amount };
  "order-cancelled": OfOrder & { reason?: string };
  "order-dispatched": OfOrder & Tracking;
  "payment-failed": OfOrder;
  "refund-issued": OfOrder & { amount?: Amount };
  "account-blocked": Named & { reason?: string };
  "course-purchased": Named & {
    purchase_id: string;
    course_id?: string;
    amount?: Amount;
  };
  "cart-reminder": Named & { lines: readonly Line[]; marketing?: MarketingFacts };
  "low-stock": Goods & StockFacts;
  "supplier-order": Goods & Ordered;
}

interface Named {
  name?: string;
}

interface OfOrder extends Named {
  order_id: string;
}

interface Goods {
  product_id: string;
  product_name?: string;
}

interface StockFacts {
  current_stock: number;
  threshold: number;
  ordered?: Ordered;
  not_ordered?: "covered" | "recovered";
  open_units: number;
}

interface Ordered {
  quantity: number;
  /** Absent: the staff chooses a supplier. */
  supplier?: string;
  supplier_order_id: string;
}

export interface Line extends Goods {
  quantity: number;
  unit_price?: Amount;
}

export interface Amount {
  minor: number;
  currency: string;
}

/** Facts that every marketing mail carries. */
export interface MarketingFacts {
  /** Link that unsubscribes. */
  unsubscribeUrl: string;
  /** Link to the saved cart. Absent: the mail names no cart. */
  cartUrl?: string;
  /** Postal address of the sender. */
  postalAddress: string;
}

/** Templates of all mails: one pure function per mail. */
export const templates: { readonly [T in Template]: (facts: TemplateFacts[T]) => Content } = {
  welcome: ({ name }) => ({
    subject: "Welcome to PulseCart",
    blocks: [hello(name), "Your account is ready. We are glad that you are here."],
  }),
  "order-placed": ({ name, order_id, lines, total }) => ({
    subject: `Your order ${outsideId(order_id)}`,
    blocks: [
      hello(name),
      `Thank you: we have your order ${outsideId(order_id)}.`,
      ...listOf(lines),
      ...(total ? [`Total: ${money(total)}`] : []),
    ],
  }),
  "order-cancelled": ({ name, order_id, reason }) => ({
    subject: `Your order ${outsideId(order_id)} was cancelled`,
    blocks: [
      hello(name),
      `Your order ${outsideId(order_id)} was cancelled and will not be sent.`,
      ...(reason ? [`The reason: ${outsideText(reason)}`] : []),
    ],
  }),
  "order-dispatched": ({ name, order_id, ...tracking }) => ({
    subject: `Your order ${outsideId(order_id)} is on its way`,
    blocks: [
      hello(name),
      `Your order ${outsideId(order_id)} has left our warehouse.`,
      ...trackingBlocks(tracking),
    ],
  }),
  "payment-failed": ({ name, order_id }) => ({
    subject: `The payment for your order ${outsideId(order_id)} did not go through`,
    blocks: [
      hello(name),
      `We could not take the payment for your order ${outsideId(order_id)}. You were not charged.`,
      "Please check your means of payment and order again.",
    ],
  }),
  "refund-issued": ({ name, order_id, amount }) => ({
    subject: `A refund for your order ${outsideId(order_id)}`,
    blocks: [
      hello(name),
      amount
        ? `We have sent you back ${money(amount)} for your order ${outsideId(order_id)}.`
        : `We have sent you back money for your order ${outsideId(order_id)}.`,
      "Your bank may need some days to show the refund.",
    ],
  }),
  "account-blocked": ({ name, reason }) => ({
    subject: "Your account was blocked",
    blocks: [
      hello(name),
      "Your account was blocked: you can no longer log in.",
      ...(reason ? [`The reason: ${outsideText(reason)}`] : []),
    ],
  }),
  "course-purchased": ({ name, purchase_id, course_id, amount }) => ({
    subject: "Your course is ready",
    blocks: [
      hello(name),
      course_id
        ? `Thank you: the course ${outsideId(course_id)} is yours.`
        : "Thank you: your course is ready.",
      `Purchase ${outsideId(purchase_id)}${amount ? `, ${money(amount)}` : ""}`,
    ],
  }),
  "cart-reminder": ({ name, lines, marketing }) => ({
    subject: "You left something in your cart",
    blocks: [
      hello(name),
      "You left something in your cart. Prices and availability may change.",
      ...listOf(lines),
      ...(marketing?.cartUrl ? [{ link: "Back to your cart", url: marketing.cartUrl }] : []),
      ...(marketing ? imprint(marketing) : []),
    ],
  }),
  "low-stock": ({ current_stock, threshold, ...facts }) => ({
    subject: `Low stock: ${called(facts)}`,
    blocks: [
      `The stock of ${called(facts)} (${outsideId(facts.product_id)}) fell to ${current_stock}. Its threshold is ${threshold}.`,
      orderedText(facts),
    ],
  }),
  "supplier-order": ({ quantity, supplier, supplier_order_id, ...goods }) => ({
    subject: `Order ${outsideId(supplier_order_id)}`,
    blocks: [
      hello(supplier),
      "please send us:",
      { list: [`${quantity} × ${called(goods)} (${outsideId(goods.product_id)})`] },
      `Our order number is ${outsideId(supplier_order_id)}.`,
    ],
  }),
};

/** Tells the staff what was ordered, or why nothing was. */
function orderedText(facts: Pick<StockFacts, "ordered" | "not_ordered" | "open_units">): string {
  const { ordered, not_ordered, open_units } = facts;
  if (ordered) {
    const { quantity, supplier, supplier_order_id } = ordered;
    if (supplier === undefined)
      return `Please order ${quantity} yourself: supplier order ${outsideId(supplier_order_id)} has no known supplier.`;
    const more = open_units > 0 ? ` ${open_units} of earlier orders are still to come.` : "";
    return `Ordered: ${quantity} from ${outsideText(supplier)}, supplier order ${outsideId(supplier_order_id)}.${more}`;
  }
  if (not_ordered === "covered")
    return `Nothing was ordered: ${open_units} of earlier orders are still to come.`;
  if (not_ordered === "recovered") return "Nothing was ordered: the stock is above its threshold again.";
  return "Nothing was ordered: the product has no supplier.";
}

function hello(name: string | undefined): string {
  const shown = outsideName(name);
  return shown === undefined ? "Hello," : `Hello ${shown},`;
}

/** Returns the end of every marketing mail: the sender's postal address (15 USC 7704(a)(5)) and the way out. */
function imprint({ postalAddress, unsubscribeUrl }: MarketingFacts): Content["blocks"] {
  return [postalAddress, { link: "No more mails like this one", url: unsubscribeUrl }];
}

/** Lists carrier, number and link of a parcel. A carrier or a number with a web address is left out. */
function trackingBlocks({ carrier, tracking_number, tracking_url }: Tracking): Content["blocks"] {
  const shown = (label: string, text: string | undefined) => {
    const linkless = linklessText(text);
    return linkless === undefined ? [] : [`${label}: ${linkless}`];
  };
  const url = tracking_url === undefined ? undefined : webAddress(tracking_url);
  return [
    ...shown("Carrier", carrier),
    ...shown("Tracking number", tracking_number),
    ...(url === undefined ? [] : [{ link: "Follow your parcel", url }]),
  ];
}

function listOf(lines: readonly Line[]): Content["blocks"] {
  if (lines.length === 0) return [];
  const shown = ({ quantity, unit_price, ...goods }: Line) =>
    `${quantity} × ${called(goods)}${unit_price ? `, ${money(unit_price)} each` : ""}`;
  return [{ list: lines.map(shown) }];
}

const called = ({ product_id, product_name }: Goods): string =>
  product_name ? outsideText(product_name) : outsideId(product_id);

function money({ minor, currency }: Amount): string {
  return `${fromMinor(minor, currency).toFixed(minorDigits(currency))} ${currency}`;
}
