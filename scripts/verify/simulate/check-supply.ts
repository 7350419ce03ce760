import type { Accepted, AcceptedReceipt } from "./accepted.ts";
import type { Difference } from "./difference.ts";
import { countedOnce } from "./difference.ts";
import type { Effect, ShopState, SupplierOrderDocument } from "./shop-state.ts";
import type { Goods } from "./step.ts";

/** The data of a mail about low stock. */
interface LowStockMail {
  template: string;
  supplier_order_id?: string;
  not_ordered?: "covered" | "recovered";
  open_units: number;
}

/**
 * Checks that each low-stock alert has one decision: one supplier order, or a reason in the mail to the staff. Checks
 * each supplier order against the accepted receipts.
 */
export function supplierDifferences(
  goods: readonly Goods[],
  accepted: Accepted,
  shop: ShopState,
): Difference[] {
  const byCause = Map.groupBy(
    shop.effects.filter(({ effect }) => effect === "send-mail"),
    ({ cause }) => cause.id,
  );
  return goods.flatMap(product => {
    const orders = shop.supplierOrders.filter(({ product_id }) => product_id === product.product_id);
    const alerts = shop.archive.filter(
      ({ event_type, event }) =>
        event_type === "inventory.low_stock_alert" && event.payload.product_id === product.product_id,
    );
    const ids = new Set(alerts.map(({ event_id }) => event_id));
    return [
      ...[...ids].flatMap(id => decisionDifferences({ id, product, orders }, byCause.get(id) ?? [])),
      ...orders
        .filter(({ alert }) => !ids.has(alert.event_id))
        .map(({ id }) => ({ about: id, expected: "an alert that caused the supplier order", found: "none" })),
      ...orderedDifferences(product, orders, { accepted, shop }),
    ];
  });
}

interface Decided {
  /** The id of the alert. */
  id: string;
  product: Goods;
  /** All supplier orders of the product. */
  orders: readonly SupplierOrderDocument[];
}

/** Checks the decision about one alert. The mail to the staff names the alert's only order, or why there is none. */
function decisionDifferences({ id, product, orders }: Decided, caused: readonly Effect[]): Difference[] {
  const mails = caused.map(({ data }) => JSON.parse(data) as LowStockMail);
  const toStaff = mails.filter(({ template }) => template === "low-stock");
  const ofAlert = orders.filter(({ alert }) => alert.event_id === id);
  const [mail] = toStaff;
  if (!mail || toStaff.length > 1) return countedOnce(id, "a mail about its low stock", toStaff.length);
  const suppliers = mails.filter(({ template }) => template === "supplier-order").length;
  const named = mail.supplier_order_id === undefined ? [] : [mail.supplier_order_id];
  const differences: Difference[] = [];
  const differ = (expected: string, found: string) => differences.push({ about: id, expected, found });
  if (ofAlert.map(order => order.id).join() !== named.join())
    differ(`the supplier order ${named.join() || "(none)"} of its mail`, ofAlert.map(one => one.id).join());
  if (suppliers !== ofAlert.length) differ(`${ofAlert.length} mails to the supplier`, String(suppliers));
  if (!product.supplier && ofAlert.length > 0) differ("no supplier order without a supplier", "one");
  if (product.supplier && ofAlert.length === 0 && !mail.not_ordered)
    differ("a supplier order, or why there is none", "neither");
  const ordered = sumOf(orders.filter(({ alert }) => alert.event_id !== id).map(({ quantity }) => quantity));
  const least = mail.not_ordered === "covered" ? 1 : 0;
  if (mail.open_units < least || mail.open_units > ordered)
    differ(`${least} to ${ordered} units of other orders to come`, String(mail.open_units));
  return differences;
}

/** Checks the units on order: by the receipts, by each order, and by the sum that counts before an order. */
function orderedDifferences(
  product: Goods,
  orders: readonly SupplierOrderDocument[],
  { accepted, shop }: { accepted: Accepted; shop: ShopState },
): Difference[] {
  const differences: Difference[] = [];
  const receipts = Map.groupBy(accepted.receipts, ({ order }) => order);
  let open = 0;
  for (const { id, quantity, state, receipts: stored } of orders) {
    const expected = expectedOrder(quantity, receipts.get(id) ?? []);
    const found = `${state}, ${sumOf(stored.map(each => each.quantity))} units in ${stored.length} receipts`;
    if (expected.text !== found) differences.push({ about: id, expected: expected.text, found });
    open += expected.open;
  }
  const id = product.product_id;
  const counted = shop.reorders.get(id)?.open_units ?? 0;
  if (counted !== open)
    differences.push({ about: id, expected: `${open} units on order`, found: `${counted} counted` });
  const most = mostOnOrder(product, accepted);
  if (open > most)
    differences.push({ about: id, expected: `at most ${most} units on order`, found: String(open) });
  return differences;
}

function expectedOrder(quantity: number, receipts: readonly AcceptedReceipt[]) {
  const received = sumOf(receipts.map(each => each.quantity));
  const isClosed = received >= quantity || receipts.some(({ complete }) => complete);
  return {
    text: `${isClosed ? "received" : "open"}, ${received} units in ${receipts.length} receipts`,
    open: isClosed ? 0 : quantity - received,
  };
}

/** Computes the largest shortage that the accepted requests allow: up to twice the threshold, from the lowest stock. */
function mostOnOrder({ product_id, stock, threshold }: Goods, { orders, losses }: Accepted): number {
  const items = [...orders.values()].flatMap(order => order.items);
  const ordered = sumOf(items.filter(item => item.product_id === product_id).map(item => item.quantity));
  return Math.max(2 * (threshold ?? 0) - (stock - ordered - (losses.get(product_id) ?? 0)), 1);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
