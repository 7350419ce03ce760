import { createDraws } from "../../../local-cloud/faults/fault-draws.ts";

/** A product of the generated shop. */
export interface ShopProduct {
  product_id: string;
  price: number;
  stock: number;
  /** Stock at which a low-stock alert is due; null: no alert. */
  threshold: number | null;
}

const PRODUCTS_OF_A_GROUP = 50;
/** Share of the views in the visitor's own groups; the others go to popular products. */
const OWN_INTEREST = 0.7;

/** Random decisions of one series. The same seed and series give the same decisions. */
export class Chance {
  readonly #draw: () => number;

  constructor(seed: number, series: string) {
    const { draw } = createDraws(seed);
    this.#draw = () => draw(series);
  }

  /** Returns true with a probability. */
  one(share: number): boolean {
    return this.#draw() < share;
  }

  /** Draws a whole number from 0 up to `limit`, exclusive. */
  below(limit: number): number {
    return Math.floor(this.#draw() * limit);
  }

  /** Draws by Zipf's law with s = 1: ranks 1 to 10 are drawn as often as ranks 10 to 100. */
  popular(limit: number): number {
    return Math.min(Math.floor((limit + 1) ** this.#draw()) - 1, limit - 1);
  }

  /** Draws a regular user. The busiest of 1,000 users makes as many sessions as 30 users with even shares. */
  busy(limit: number): number {
    return Math.floor(limit * this.#draw() ** 2);
  }
}

/** Creates the products, the most popular first. The groups take turns, so each begins with its popular products. */
export function productsOf(groups: number): ShopProduct[] {
  return Array.from({ length: groups * PRODUCTS_OF_A_GROUP }, (_, place) => ({
    product_id: `prod_${place % groups}_${Math.floor(place / groups)}`,
    price: (999 + ((place * 7_919) % 20_000)) / 100,
    stock: 40 + ((place * 31) % 2_000),
    threshold: place % 10 === 0 ? 20 : null,
  }));
}

/** The shop that visitors see. */
export interface Shelves {
  seed: number;
  groups: number;
  products: readonly ShopProduct[];
}

/**
 * Chooses the two groups that a user likes.
 * @returns a function that draws the next product that the user views
 */
export function tasteOf(
  user: string,
  { seed, groups, products }: Shelves,
  chance: Chance,
): () => ShopProduct {
  const { draw } = createDraws(seed);
  const [one, other] = [draw(`taste ${user}`), draw(`taste ${user}`)].map(n => Math.floor(n * groups));
  return () => {
    const group = (chance.one(0.5) ? one : other) ?? 0;
    const place = chance.one(OWN_INTEREST)
      ? chance.popular(PRODUCTS_OF_A_GROUP) * groups + group
      : chance.popular(products.length);
    return products[place] ?? products[0] ?? NO_PRODUCT;
  };
}

const NO_PRODUCT: ShopProduct = { product_id: "prod_none", price: 1, stock: 0, threshold: null };
