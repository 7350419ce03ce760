/**
 * When stock is low. The alert belongs to the crossing, not to the level: one when stock falls to the
 * threshold or below it, the next only after it has been above it again.
 */

/** What is remembered of a product's stock between two looks at it. */
export interface StockLevel {
  /** True from a crossing until stock is above the threshold again. */
  low: boolean;
  /** How often stock has crossed downwards. */
  crossings: number;
}

/** A look at the stock. */
export interface SeenStock {
  quantity: number;
  /** Null: nobody wants to be told. */
  threshold: number | null;
}

export interface LowStockAlert {
  current_stock: number;
  threshold: number;
}

/** A product as it is created. Opening low is no crossing: whoever typed the number knows it. */
export function openLevel(seen: SeenStock): StockLevel {
  return { low: isLow(seen), crossings: 0 };
}

/**
 * Looks at a quantity that was counted elsewhere (blind increments), or at a new threshold: a threshold raised
 * above the stock crosses it too. Two observers cannot both alert, as long as `low` is read and written in one
 * transaction and the quantity is read inside it; a dip that recovered between two looks was no crossing that
 * anybody could see. `level` is the very object that was passed in when there is nothing to write.
 */
export function observeLevel(
  level: StockLevel,
  seen: SeenStock,
): { level: StockLevel; alert?: LowStockAlert } {
  const { quantity, threshold } = seen;
  const low = isLow(seen);
  if (low === level.low) return { level };
  if (!low || threshold === null) return { level: { ...level, low } };
  const crossed = { low, crossings: level.crossings + 1 };
  return { level: crossed, alert: { current_stock: quantity, threshold } };
}

function isLow({ quantity, threshold }: SeenStock): boolean {
  return threshold !== null && quantity <= threshold;
}
