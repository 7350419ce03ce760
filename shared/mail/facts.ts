import { linesOfReported } from "../carts/reported-cart.ts";
import { carts, orders, products, supplierOrders, users } from "../collections.ts";
import { NotSent } from "../errors.ts";
import type { Work } from "../pipeline/work.ts";
import type { CartLine } from "../rules/cart/cart-facts.ts";
import type { Content } from "./content.ts";
import type { Mail, MailOf } from "./mail.ts";
import { offeredLines } from "./offered-lines.ts";
import type { ReadDocument } from "./recipient.ts";
import type { Amount, Line, MarketingFacts, TemplateFacts } from "./templates.ts";
import { templates } from "./templates.ts";

/** Facts about a mail that its data does not contain. */
export interface SenderFacts {
  /** Name of the recipient. Absent: unknown. */
  name?: string;
  /** Facts of a marketing mail; absent for any other mail. */
  marketing?: MarketingFacts;
}

/** Looks up the facts of a mail and fills its template with them. */
export async function mailContent(
  mail: Mail,
  { name, marketing }: SenderFacts,
  read: ReadDocument,
): Promise<Content> {
  switch (mail.template) {
    case "welcome":
      return templates.welcome({ name });
    case "order-placed":
      return templates["order-placed"]({ ...mail, name, ...(await orderFacts(mail, read)) });
    case "order-cancelled":
      return templates["order-cancelled"]({ ...mail, name });
    case "order-dispatched":
      return templates["order-dispatched"]({ ...mail, name });
    case "payment-failed":
      return templates["payment-failed"]({ ...mail, name });
    case "refund-issued":
      return templates["refund-issued"]({ ...mail, name, amount: amountIn(mail) });
    case "account-blocked": {
      const user = await read(users, mail.user_id);
      return templates["account-blocked"]({ name, reason: user?.banned?.reason });
    }
    case "course-purchased":
      return templates["course-purchased"]({ ...mail, name, amount: amountIn(mail) });
    case "cart-reminder":
      return templates["cart-reminder"]({
        name,
        marketing,
        lines: await cartLines(mail, read),
      });
    case "low-stock":
      return templates["low-stock"](await stockFacts(mail, read));
    case "supplier-order":
      return templates["supplier-order"](await supplierFacts(mail, read));
  }
}

async function orderFacts(
  mail: MailOf<"order-placed">,
  read: ReadDocument,
): Promise<Pick<TemplateFacts["order-placed"], "lines" | "total">> {
  const order = await read(orders, mail.order_id);
  const lines = (order?.items ?? []).map(({ product_id, name, quantity, unit_price_minor }) =>
    lineOf({ product_id, product_name: name, quantity, minor: unit_price_minor, currency: order?.currency }),
  );
  return { lines, total: amountIn(mail) };
}

/** @throws NotSent when every item was bought or sold out since the decision; the decision then runs again */
async function cartLines(mail: MailOf<"cart-reminder">, read: ReadDocument): Promise<Line[]> {
  if (!mail.cart) return [];
  const offered = await offeredLines(await linesInCart(mail, mail.cart.cart_id, read), read);
  if (offered.length === 0) throw new NotSent("cart of the reminder has no items left since the decision");
  return offered.map(({ unit_price_minor: minor, ...line }) => lineOf({ ...line, minor }));
}

async function linesInCart(
  { reported, user_id }: MailOf<"cart-reminder">,
  cart_id: string,
  read: ReadDocument,
): Promise<readonly CartLine[]> {
  if (!reported) return (await read(carts, cart_id))?.lines ?? [];
  const getAll: Work["getAll"] = (from, ids) => Promise.all(ids.map(id => read(from, id)));
  return linesOfReported({ ...reported, cart_id, user_id }, { getAll });
}

async function stockFacts(
  mail: MailOf<"low-stock">,
  read: ReadDocument,
): Promise<TemplateFacts["low-stock"]> {
  const { supplier_order_id: orderId, product_id, current_stock, threshold, not_ordered, open_units } = mail;
  const product = await read(products, product_id);
  const ordered =
    orderId === undefined ? undefined : await supplierFacts({ supplier_order_id: orderId }, read);
  const seen = { current_stock, threshold, not_ordered, open_units };
  return { product_id, product_name: product?.name, ...seen, ordered };
}

/** @throws Error when the supplier order does not exist; normally one commit creates it together with the mail */
async function supplierFacts(
  { supplier_order_id: id }: { supplier_order_id: string },
  read: ReadDocument,
): Promise<TemplateFacts["supplier-order"]> {
  const order = await read(supplierOrders, id);
  if (!order)
    throw new Error("supplier order of this mail does not exist: expected the order committed with the mail");
  return { ...order, supplier: order.supplier?.name };
}

function amountIn({
  amount_minor,
  currency,
}: {
  amount_minor?: number;
  currency?: string;
}): Amount | undefined {
  return amount_minor === undefined || currency === undefined ? undefined : { minor: amount_minor, currency };
}

function lineOf(line: {
  product_id: string;
  product_name?: string;
  quantity: number;
  minor?: number;
  currency?: string;
}): Line {
  const { product_id, product_name, quantity, minor, currency } = line;
  const unit_price = amountIn({ amount_minor: minor, currency });
  return { product_id, product_name, quantity, unit_price };
}
