/** An abandonment of a cart, or an order from it, as one event reported it. */
export interface CartMoment {
  /** Identity of the event. */
  id: string;
  received_at_ms: number;
  /** UTC day of receipt. */
  day: string;
  products: readonly string[];
  is: "abandonment" | "order";
}

/**
 * Finds the orders that bought back an abandoned cart. Only the first order after the abandonment that names an abandoned
 * product counts. The next abandonment of the cart is another cycle.
 * @returns the day of the abandonment, by the id of the order
 */
export function recoveriesIn(history: readonly CartMoment[]): Map<string, string> {
  const recovered = new Map<string, string>();
  const inOrder = history.toSorted((a, b) => a.received_at_ms - b.received_at_ms || (a.id < b.id ? -1 : 1));
  let left: CartMoment | undefined;
  for (const moment of inOrder) {
    if (moment.is === "abandonment") left = moment;
    else if (left?.products.some(product => moment.products.includes(product))) {
      recovered.set(moment.id, left.day);
      left = undefined;
    }
  }
  return recovered;
}
