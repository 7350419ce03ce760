import { carts } from "../collections.ts";
import type { Work } from "../pipeline/work.ts";
import type { Cart, CartChange } from "../rules/cart/cart.ts";
import { emptyCart } from "../rules/cart/cart.ts";
import { writeCart } from "./write-cart.ts";

type ChangeCart = (cart: Cart) => CartChange;

interface Edit {
  isStored: boolean;
  before: Cart;
  now: CartChange;
}

/** The carts of one unit of work. Each cart is read once, changed in memory any number of times and written once. */
export class CartEdits {
  readonly #work: Work;
  readonly #edits = new Map<string, Edit>();

  constructor(work: Work) {
    this.#work = work;
  }

  /** Returns the cart before any change; a cart without a document is empty. */
  async read(cartId: string): Promise<Cart> {
    return (await this.#open(cartId)).before;
  }

  async change(cartId: string, change: ChangeCart): Promise<void> {
    const edit = await this.#open(cartId);
    // A timer armed by an earlier change may be stale, which is harmless; a missing timer would not be.
    edit.now = { ...edit.now, ...change(edit.now.cart) };
  }

  /** Changes a cart only if it is stored or was changed before in this unit of work. */
  async changeStored(cartId: string, change: ChangeCart): Promise<void> {
    const { isStored, before, now } = await this.#open(cartId);
    if (isStored || now.cart !== before) await this.change(cartId, change);
  }

  /** Tells whether a cart is to be written. */
  hasChanges(): boolean {
    return [...this.#edits.values()].some(({ before, now }) => now.cart !== before);
  }

  /** Writes the changed carts and arms the timers that the rules asked for. */
  write(): void {
    for (const { before, now } of this.#edits.values()) writeCart(before, now, this.#work);
  }

  async #open(cartId: string): Promise<Edit> {
    const opened = this.#edits.get(cartId);
    if (opened) return opened;
    const stored = await this.#work.get(carts, cartId);
    const before = stored ?? emptyCart(cartId);
    const edit = { isStored: stored !== undefined, before, now: { cart: before } };
    this.#edits.set(cartId, edit);
    return edit;
  }
}
