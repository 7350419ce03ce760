import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { Dice } from "./dice.ts";
import type { Goods, Planned, Step } from "./step.ts";
import { INGEST } from "./step.ts";

/** A shopper's clock is right, behind, or ahead; what it reports is stamped with it. */
const CLOCKS_MS = [
  0,
  0,
  0,
  0,
  0,
  0,
  12 * MINUTE_MS,
  45 * MINUTE_MS,
  -5 * MINUTE_MS,
  -90 * MINUTE_MS,
] as const;

/** Repeats within seconds, as a client does that did not wait for its answer. */
const REPEATED = 0.05;

type Body = Readonly<Record<string, unknown>>;

/** Writes down what one shopper does. Each word adds a step to the burst that `in` named last. */
export interface Shopper {
  readonly dice: Dice;
  in(burst: number): Shopper;
  /** From now on the shopper is in another session, and in another cart with it. */
  session(name: string, cartId?: string): Shopper;
  /** A guest, until they log in. */
  guest(): Shopper;
  logIn(): Shopper;
  add(products?: number): Shopper;
  /** Adds something, and reports it so much later than it happened. */
  addLate(ageMs: number): Shopper;
  remove(): Shopper;
  /** Orders what is in the cart, at our checkout. */
  order(names: "cart" | "cart alone" | "session" | "user"): Shopper;
  /** The same order, as another system of the shop has taken it. */
  orderOutside(names: "cart" | "session" | "user", options?: OutsideOptions): Shopper;
  /** Speaks of the order before. */
  cancel(): Shopper;
  cancelOutside(): Shopper;
  paid(): Shopper;
  paymentFailed(): Shopper;
  /** Some of the money goes back, or all of it with the goods. */
  refund(all: boolean): Shopper;
  /** Tells the shop their address; without it nobody can write to them. */
  signUp(): Shopper;
  moveStock(delta: number): Shopper;
  /** Any other event, by this user unless it says otherwise. Answers its name. */
  report(event: Body, options?: Partial<Step>): string;
  readonly planned: readonly Planned[];
}

export interface OutsideOptions {
  /** It is reported so long after it was placed. */
  ageMs?: number;
  /** A second system reports it, too. */
  twice?: boolean;
  /** Its cancelling is reported before it. */
  cancelFirst?: boolean;
}

interface Basket {
  session: string;
  /** As the events name it; a session's own cart has no other name. */
  named: string | undefined;
  id: string;
  items: Map<string, number>;
}

export function createShopper({
  tag,
  number,
  dice,
  goods,
}: {
  tag: string;
  number: number;
  dice: Dice;
  goods: readonly Goods[];
}): Shopper {
  const planned: Planned[] = [];
  const id = `${tag}_${number}`;
  const account = `usr_${id}`;
  const clockMs = dice.pick(CLOCKS_MS);
  const baskets = new Map<string, Basket>();
  let user = account;
  let burst = 0;
  let basket = basketOf("a");
  let order: { step: string | undefined; id: string; total: number } | undefined;

  function basketOf(name: string, named?: string): Basket {
    const session = `sess_${id}_${name}`;
    const fresh = { session, named, id: named ?? `cart_${session}`, items: new Map<string, number>() };
    const known = baskets.get(name) ?? fresh;
    baskets.set(name, known);
    return known;
  }

  /** Between two rounds the clock goes on for hours within about a second: whoever acts then does so anywhere in it. */
  const pauseMs = () => (burst % 2 === 0 ? dice.between(2, 12) : dice.between(0, 1_000));

  function plan(step: Omit<Step, "name" | "pauseMs" | "method">, name: string): Step {
    const made: Step = { method: "POST", ...step, name, pauseMs: pauseMs() };
    planned.push({ burst, step: made });
    return made;
  }

  function event(body: Body, options: Partial<Step> = {}): string {
    const eventId = `evt_${id}_${planned.length}`;
    const step = plan(
      { path: INGEST, body: { event_id: eventId, ...body }, ageMs: clockMs, ...options },
      eventId,
    );
    if (dice.chance(REPEATED)) plan({ ...step, again: step.name }, `${eventId} again`);
    return eventId;
  }

  function cartEvent(type: string, payload: Body, options?: Partial<Step>): void {
    const cart = basket.named === undefined ? {} : { cart_id: basket.named };
    const ids = { user_id: user, session_id: basket.session };
    event({ event_type: type, ...ids, payload: { ...payload, ...cart } }, options);
  }

  function addOne(options?: Partial<Step>): void {
    const { product_id, price } = goodsAt(dice.popular(goods.length));
    const quantity = dice.between(1, 3);
    if (options === undefined) basket.items.set(product_id, (basket.items.get(product_id) ?? 0) + quantity);
    cartEvent("cart.item_added", { product_id, quantity, unit_price: price }, options);
  }

  function goodsAt(index: number): Goods {
    const found = goods[index] ?? goods[0];
    if (!found) throw new Error("a shop needs goods");
    return found;
  }

  function itemsOfBasket(): Body[] {
    const fallback = goodsAt(dice.popular(goods.length));
    if (basket.items.size === 0) basket.items.set(fallback.product_id, 1);
    return [...basket.items].map(([product_id, quantity]) => ({ product_id, quantity }));
  }

  function linksTo(names: string): Body {
    if (names === "cart" || names === "cart alone") return { cart_id: basket.id };
    return names === "session" ? { session_id: basket.session } : {};
  }

  function aboutOrder(): { body: Body; about?: string } {
    const { step, id: orderId } = order ?? { step: undefined, id: `ord_${id}_none` };
    const body = { user_id: user, order_id: orderId };
    return step === undefined ? { body } : { body, about: step };
  }

  /** Other systems stamp with a clock of their own, and that one is right. */
  function fact(type: string, payload: Body): void {
    const { body, ...about } = aboutOrder();
    event({ event_type: type, ...body, payload }, { ageMs: 0, ...about });
  }

  function isOurs(): boolean {
    return order?.step !== undefined;
  }

  function stepsOfOrder(): Step[] {
    return planned.map(({ step }) => step).filter(({ about }) => about === order?.step);
  }

  /** Asks our checkout something about the order. */
  function ofOrder(what: string, body: Body, expect: Step["expect"]): void {
    const { about } = aboutOrder();
    if (about === undefined) return;
    const expected = expect === undefined ? {} : { expect };
    plan({ path: `/orders/{order}/${what}`, about, body, ...expected }, `${id}-${planned.length}`);
  }

  /** After a failure the order may be over before somebody pays it. */
  function attempt(body: Body): void {
    const hasFailed = stepsOfOrder().some(isFailedAttempt);
    ofOrder(
      "payments",
      { attempt_id: `att_${id}_${planned.length}`, ...body },
      hasFailed ? "either" : undefined,
    );
  }

  const shopper: Shopper = {
    dice,
    planned,
    in(next) {
      burst = next;
      return shopper;
    },
    session(name, cartId) {
      basket = basketOf(name, cartId === undefined ? undefined : `cart_${id}_${cartId}`);
      return shopper;
    },
    guest() {
      user = `guest_${id}`;
      return shopper;
    },
    logIn() {
      user = account;
      return shopper;
    },
    add(products = dice.between(1, 3)) {
      for (let n = 0; n < products; n += 1) addOne();
      return shopper;
    },
    addLate(ageMs) {
      addOne({ ageMs });
      return shopper;
    },
    remove() {
      const [first] = basket.items.keys();
      if (first === undefined) return shopper;
      const quantity = dice.chance(0.5) ? { quantity: 1 } : {};
      const left = (basket.items.get(first) ?? 0) - (quantity.quantity ?? Number.POSITIVE_INFINITY);
      if (left > 0) basket.items.set(first, left);
      else basket.items.delete(first);
      cartEvent("cart.item_removed", { product_id: first, ...quantity });
      return shopper;
    },
    order(names) {
      const items = itemsOfBasket();
      const body = { user_id: user, ...(names === "cart alone" ? {} : { items }), ...linksTo(names) };
      // Without items of its own it takes what has been heard of the cart so far, which may be nothing.
      const expect = names === "cart alone" ? { expect: "either" as const } : {};
      const step = plan({ path: "/orders", body, ...expect }, `${id}-${planned.length}`);
      if (dice.chance(REPEATED)) plan({ ...step, again: step.name }, `${step.name} again`);
      order = { step: step.name, id: "{order}", total: 10 };
      basket.items.clear();
      return shopper;
    },
    orderOutside(names, { ageMs = 0, twice = false, cancelFirst = false } = {}) {
      const items = itemsOfBasket();
      order = { step: undefined, id: `ord_${id}_${planned.length}`, total: 10 * items.length };
      if (cancelFirst) shopper.cancelOutside();
      const { cart_id, ...links } = linksTo(names);
      const payload = { items, total: order.total, ...(cart_id === undefined ? {} : { cart_id }) };
      const ids = { order_id: order.id, user_id: user, ...links };
      const report = { event_type: "order.placed", ...ids, payload };
      const first = event(report, { ageMs });
      if (twice) event(report, { momentOf: first });
      basket.items.clear();
      return shopper;
    },
    cancel() {
      if (isOurs()) ofOrder("cancel", { reason: "changed my mind" }, expectOfCancel(stepsOfOrder()));
      return shopper;
    },
    cancelOutside() {
      fact("order.cancelled", { reason: "not delivered" });
      return shopper;
    },
    paid() {
      const payment_id = `pay_${id}_${planned.length}`;
      if (isOurs()) attempt({ status: "paid", payment_id });
      else fact("order.paid", { amount: order?.total ?? 10, payment_id });
      return shopper;
    },
    paymentFailed() {
      const error = "insufficient funds";
      if (isOurs()) attempt({ status: "failed", error });
      else fact("payment.failed", { error, attempt_id: `att_${id}_${planned.length}` });
      return shopper;
    },
    refund(all) {
      const refund_id = `ref_${id}_${planned.length}`;
      const amount = all ? {} : { amount: 0.5 };
      if (isOurs()) ofOrder("refunds", { refund_id, ...amount }, "either");
      else fact("refund.issued", { refund_id, amount: all ? (order?.total ?? 10) : 0.5 });
      return shopper;
    },
    signUp() {
      const payload = { email: `shopper.${id}@example.com`, name: `Shopper ${number}` };
      event({ event_type: "user.signed_up", user_id: account, payload });
      return shopper;
    },
    moveStock(delta) {
      const { product_id } = goodsAt(dice.below(goods.length));
      const body = { delta, reason: "counted" };
      plan({ path: `/products/${product_id}/stock`, body }, `${id}-${planned.length}`);
      return shopper;
    },
    report: (body, options) => event({ user_id: user, ...body }, options),
  };
  return shopper;
}

/** A failed payment may have ended the order before; so may a refund of all that was paid. */
function expectOfCancel(before: readonly Step[]): Step["expect"] {
  if (before.some(({ path }) => path.endsWith("/cancel"))) return "refused";
  return before.some(step => isFailedAttempt(step) || step.path.endsWith("/refunds")) ? "either" : undefined;
}

function isFailedAttempt({ body }: Step): boolean {
  return body["status"] === "failed";
}
