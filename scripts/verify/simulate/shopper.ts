import { Baskets } from "./baskets.ts";
import type { Dice } from "./dice.ts";
import { OrderSteps } from "./order-steps.ts";
import type { Goods, Planned, Step } from "./step.ts";
import type { Body } from "./step-plan.ts";
import { StepPlan } from "./step-plan.ts";

export interface ShopperOptions {
  /** The tag of the run, a part of every id. */
  tag: string;
  number: number;
  dice: Dice;
  goods: readonly Goods[];
}

/** The field by which an order names the carts that it closes; "cart alone" sends no items. */
export type OrderLink = "cart" | "cart alone" | "session" | "user";

export interface OutsideOptions {
  /** Time between the order and its report. */
  ageMs?: number;
  /** A second system reports the same order. */
  twice?: boolean;
  /** The cancellation is reported before the order. */
  cancelFirst?: boolean;
  /** The order contains only the first product of the basket. */
  isPartial?: boolean;
}

/**
 * Plans the steps of one shopper. Every method adds steps to the burst that `in` chose last.
 * @example shopper.in(0).add().in(2).order("cart").paid();
 */
export class Shopper {
  readonly dice: Dice;
  readonly #number: number;
  readonly #goods: readonly Goods[];
  readonly #account: string;
  readonly #plan: StepPlan;
  readonly #baskets: Baskets;
  readonly #orders: OrderSteps;
  #user: string;

  constructor({ tag, number, dice, goods }: ShopperOptions) {
    const id = `${tag}_${number}`;
    this.dice = dice;
    this.#number = number;
    this.#goods = goods;
    this.#account = `usr_${id}`;
    this.#user = this.#account;
    this.#plan = new StepPlan(id, dice);
    this.#baskets = new Baskets(id);
    this.#orders = new OrderSteps(this.#plan);
  }

  /** The shopper's number in the day. */
  get number(): number {
    return this.#number;
  }

  get planned(): readonly Planned[] {
    return this.#plan.planned;
  }

  in(burst: number): this {
    this.#plan.moveTo(burst);
    return this;
  }

  /** Changes to another session, and to its cart. */
  session(name: string, cartId?: string): this {
    this.#baskets.switchTo(name, cartId);
    return this;
  }

  /** Continues as a guest until `logIn`. */
  guest(): this {
    this.#user = `guest_${this.#plan.id}`;
    return this;
  }

  logIn(): this {
    this.#user = this.#account;
    return this;
  }

  add(products = this.dice.between(1, 3)): this {
    for (let n = 0; n < products; n += 1) this.#addOne();
    return this;
  }

  /** Adds a product and reports it this long after it happened. */
  addLate(ageMs: number): this {
    this.#addOne({ ageMs });
    return this;
  }

  /** Removes one unit of the first product, or all of its units. */
  remove(): this {
    const [product] = this.#baskets.current.items.keys();
    if (product === undefined) return this;
    const quantity = this.dice.chance(0.5) ? 1 : undefined;
    this.#baskets.remove(product, quantity);
    // The archive must hold the payload as sent: an undefined quantity would differ.
    const payload = quantity === undefined ? { product_id: product } : { product_id: product, quantity };
    this.#cartEvent("cart.item_removed", payload);
    return this;
  }

  /** Orders the basket at our checkout. */
  order(link: OrderLink): this {
    const items = this.#itemsOfBasket();
    const isAlone = link === "cart alone";
    // Without items, checkout orders the cart as known so far, which may be empty.
    const step = this.#plan.command({
      path: "/orders",
      body: { user_id: this.#user, items: isAlone ? undefined : items, ...this.#linksTo(link) },
      expect: isAlone ? "either" : undefined,
    });
    this.#plan.repeatSometimes(step);
    this.#orders.placedByUs(step);
    this.#baskets.current.items.clear();
    return this;
  }

  /** Orders one product of the basket at our checkout ("buy now"). The other products stay in the cart. */
  buyOne(link: "session" | "user"): this {
    const body = { user_id: this.#user, items: this.#takeItems(true), ...this.#linksTo(link) };
    this.#orders.placedByUs(this.#plan.command({ path: "/orders", body }));
    return this;
  }

  /** Lets another system report an abandoned cart: one of this session, or one that nothing here is about. */
  reportAbandoned(isOwnSession: boolean): this {
    const { product_id } = this.#goodsAt(this.dice.popular(this.#goods.length));
    const id = this.#plan.nextId("out");
    const session_id = isOwnSession ? this.#baskets.current.session : `sess_${id}`;
    const payload = { cart_id: `cart_${id}`, items: [{ product_id, quantity: 1 }] };
    this.report({ event_type: "cart.abandoned", session_id, payload });
    return this;
  }

  /** Orders the basket at another system of the shop, which reports the order. */
  orderOutside(
    link: Exclude<OrderLink, "cart alone">,
    { ageMs = 0, twice = false, cancelFirst = false, isPartial = false }: OutsideOptions = {},
  ): this {
    const items = this.#takeItems(isPartial);
    const total = 10 * items.length;
    const order_id = this.#orders.placedOutside(total);
    if (cancelFirst) this.cancelOutside();
    const { cart_id, ...links } = this.#linksTo(link);
    const payload = { items, total, ...(cart_id === undefined ? {} : { cart_id }) };
    const report = { event_type: "order.placed", order_id, user_id: this.#user, ...links, payload };
    const first = this.#plan.event(report, { ageMs });
    if (twice) this.#plan.event(report, { momentOf: first });
    return this;
  }

  /** Cancels the last order at our checkout. */
  cancel(): this {
    this.#orders.cancel();
    return this;
  }

  /** Lets another system report that the last order is cancelled. */
  cancelOutside(): this {
    this.#orders.cancelOutside(this.#user);
    return this;
  }

  paid(): this {
    this.#orders.paid(this.#user);
    return this;
  }

  /** Pays in two parts: a gift card and a card. */
  paidInParts(): this {
    this.#orders.paidInParts(this.#user);
    return this;
  }

  paymentFailed(): this {
    this.#orders.paymentFailed(this.#user);
    return this;
  }

  /** Sends the parcel of the last order. */
  dispatch(): this {
    this.#orders.dispatch(this.#user);
    return this;
  }

  /** Refunds a part of the money, or all of it together with the goods. */
  refund(isFull: boolean): this {
    this.#orders.refund(this.#user, isFull);
    return this;
  }

  /** Registers the shopper's address, which mails need. Absent consent: the shopper states none. */
  signUp(consent?: boolean): this {
    const { id } = this.#plan;
    const stated = consent === undefined ? {} : { marketing_consent: consent };
    const payload = { email: `shopper.${id}@example.com`, name: `Shopper ${this.#number}`, ...stated };
    this.#plan.event({ event_type: "user.signed_up", user_id: this.#account, payload });
    return this;
  }

  /** Gives consent to marketing mails, or withdraws it. */
  consent(marketing_consent: boolean): this {
    const payload = { marketing_consent, source: "preferences page" };
    this.#plan.event({ event_type: "user.consent_changed", user_id: this.#account, payload });
    return this;
  }

  moveStock(delta: number): this {
    const { product_id } = this.#goodsAt(this.dice.below(this.#goods.length));
    this.#plan.command({ path: `/products/${product_id}/stock`, body: { delta, reason: "counted" } });
    return this;
  }

  /**
   * Reports any other event, by this user unless the body names another one.
   * @returns the event's id
   */
  report(body: Body, options?: Partial<Step>): string {
    return this.#plan.event({ user_id: this.#user, ...body }, options);
  }

  #addOne(options?: Partial<Step>): void {
    const { product_id, price } = this.#goodsAt(this.dice.popular(this.#goods.length));
    const quantity = this.dice.between(1, 3);
    if (options === undefined) this.#baskets.add(product_id, quantity);
    this.#cartEvent("cart.item_added", { product_id, quantity, unit_price: price }, options);
  }

  #cartEvent(type: string, payload: Body, options?: Partial<Step>): void {
    const { named, session } = this.#baskets.current;
    const cart = named === undefined ? {} : { cart_id: named };
    const ids = { user_id: this.#user, session_id: session };
    this.#plan.event({ event_type: type, ...ids, payload: { ...payload, ...cart } }, options);
  }

  #goodsAt(index: number): Goods {
    const goods = this.#goods[index] ?? this.#goods[0];
    if (!goods) throw new Error("goods missing: expected at least one product, got none");
    return goods;
  }

  /** Puts a product into an empty basket: an order needs items. */
  #itemsOfBasket(): Body[] {
    const { items } = this.#baskets.current;
    const fallback = this.#goodsAt(this.dice.popular(this.#goods.length));
    if (items.size === 0) items.set(fallback.product_id, 1);
    return [...items].map(([product_id, quantity]) => ({ product_id, quantity }));
  }

  /** Takes the first product out of the basket, or all products. */
  #takeItems(isPartial: boolean): Body[] {
    const items = this.#itemsOfBasket().slice(0, isPartial ? 1 : undefined);
    for (const { product_id } of items) this.#baskets.current.items.delete(String(product_id));
    return items;
  }

  #linksTo(link: OrderLink): Body {
    const { id, session } = this.#baskets.current;
    if (link === "cart" || link === "cart alone") return { cart_id: id };
    return link === "session" ? { session_id: session } : {};
  }
}
