/**
 * When stock is low. The alert belongs to the crossing, not to the level: one when stock falls to the
 * threshold or below it, the next only after it has been above it again.
 */

/** What a product's stock document keeps beside its quantity. */
export interface StockLevel {
  quantity: number;
  /** Null: nobody wants to be told. */
  threshold: number | null;
  /** True from a crossing until stock is above the threshold again. */
  low: boolean;
  /** How often stock has crossed downwards. Names the alert, so that a retry tells the same one. */
  crossings: number;
}

export interface LowStockAlert {
  current_stock: number;
  threshold: number;
  /** The number of this crossing, from 1. */
  crossing: number;
}

export interface LevelChange {
  level: StockLevel;
  alert?: LowStockAlert;
}

/** A product as it is created. Opening low is no crossing: whoever typed the number knows it. */
export function openLevel(quantity: number, threshold: number | null): StockLevel {
  return { quantity, threshold, low: isLow(quantity, threshold), crossings: 0 };
}

/** True when stock fell to the threshold or below it from above. */
export function lowStockCrossing(before: number, after: number, threshold: number | null): boolean {
  return !isLow(before, threshold) && isLow(after, threshold);
}

/**
 * Moves stock. Read and written in one transaction this gives exactly one alert per crossing, whatever
 * meets: each move sees what the one before it left.
 */
export function applyDelta(level: StockLevel, delta: number): LevelChange {
  return observeLevel(level, { quantity: level.quantity + delta, threshold: level.threshold });
}

/**
 * Looks at a quantity that was counted elsewhere (blind increments on shards, summed), or at a new threshold:
 * a threshold raised above the stock crosses it too. Two observers cannot both alert, as long as `low` is
 * read and written in one transaction and the sum is read inside it; a dip that recovered between two
 * observations was no crossing that anybody could see.
 */
export function observeLevel(
  level: StockLevel,
  seen: { quantity: number; threshold: number | null },
): LevelChange {
  const low = isLow(seen.quantity, seen.threshold);
  if (seen.threshold === null || !low || level.low) {
    return { level: { ...seen, low, crossings: level.crossings } };
  }
  const crossing = level.crossings + 1;
  return {
    level: { ...seen, low, crossings: crossing },
    alert: { current_stock: seen.quantity, threshold: seen.threshold, crossing },
  };
}

function isLow(quantity: number, threshold: number | null): boolean {
  return threshold !== null && quantity <= threshold;
}
