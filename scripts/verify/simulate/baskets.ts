/** The items that one session has put into its cart, as the shopper knows them. */
export interface Basket {
  session: string;
  /** The cart id that the events carry; undefined for the session's default cart. */
  named: string | undefined;
  /** The id of the cart, named or default. */
  id: string;
  /** Quantity by product id. */
  items: Map<string, number>;
}

/** The baskets of one shopper: one for each session. */
export class Baskets {
  readonly #id: string;
  readonly #byName = new Map<string, Basket>();
  #current: Basket;

  constructor(id: string) {
    this.#id = id;
    this.#current = this.#basketOf("a");
  }

  get current(): Basket {
    return this.#current;
  }

  /** Changes to a session. A new session gets a basket, with a cart id of its own when one is given. */
  switchTo(session: string, cartId?: string): void {
    this.#current = this.#basketOf(session, cartId === undefined ? undefined : `cart_${this.#id}_${cartId}`);
  }

  add(product: string, quantity: number): void {
    const { items } = this.#current;
    items.set(product, (items.get(product) ?? 0) + quantity);
  }

  /** Removes units of a product; all of them when no quantity is given. */
  remove(product: string, quantity = Number.POSITIVE_INFINITY): void {
    const { items } = this.#current;
    const left = (items.get(product) ?? 0) - quantity;
    if (left > 0) items.set(product, left);
    else items.delete(product);
  }

  #basketOf(name: string, named?: string): Basket {
    const session = `sess_${this.#id}_${name}`;
    const fresh = { session, named, id: named ?? `cart_${session}`, items: new Map<string, number>() };
    const basket = this.#byName.get(name) ?? fresh;
    this.#byName.set(name, basket);
    return basket;
  }
}
