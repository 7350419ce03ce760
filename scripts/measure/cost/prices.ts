/** One price in US dollars, before taxes and discounts, with its source. */
export interface Price {
  usd: number;
  /** Number of units that the price buys. */
  per: number;
  /** Number of free units per month. */
  free: number;
  source: string;
  /** The day when the source was read. A stored copy of the source may be older. */
  read: string;
}

export const MONTH_DAYS = 30;
const READ = "2026-11-20";
const GIB = 2 ** 30;

const RUN = "https://cloud.google.com/run/pricing; firebase-tools 15.34.2, lib/deploy/functions/pricing.js";
const PUBSUB = "https://cloud.google.com/pubsub/pricing";
/** Free operations per day, and free GiB. */
const FIRESTORE_FREE = { reads: 50_000, writes: 20_000, deletes: 20_000, gib: 1 };

/** Regions in which functions cost 40 % more. The source is RUN. */
const SECOND_TIER = new Set([
  ...["africa-south1", "asia-east2", "asia-northeast3", "asia-south1", "asia-south2", "asia-southeast1"],
  ...["asia-southeast2", "australia-southeast1", "australia-southeast2", "europe-central2", "europe-west2"],
  ...["europe-west3", "europe-west6", "europe-west10", "europe-west12", "me-central1", "me-central2"],
  ...["northamerica-northeast1", "northamerica-northeast2", "southamerica-east1", "southamerica-west1"],
  ...["us-west2", "us-west3", "us-west4"],
]);

/** Prices of 100,000 documents, and of a GiB for a month. */
interface FirestorePrices {
  read: number;
  write: number;
  delete: number;
  gib: number;
  source: string;
}

const PER_LOCATION = "https://firebase.google.com/docs/firestore/pricing?hl=de";
const firestorePrices: Readonly<Record<string, FirestorePrices>> = {
  "us-central1": {
    ...{ read: 0.03, write: 0.09, delete: 0.01, gib: 0.15 },
    source: "https://firebase.google.com/docs/firestore/compare-editions-for-native-mode",
  },
  "us-west1": { read: 0.03, write: 0.09, delete: 0.01, gib: 0.15, source: PER_LOCATION },
  "us-west2": { read: 0.036, write: 0.108, delete: 0.012, gib: 0.108, source: PER_LOCATION },
};
/** The region whose prices stand in for a region without a source. */
const FALLBACK = "us-central1";

export type PricedUnit =
  | "message"
  | "read"
  | "write"
  | "delete"
  | "expiry"
  | "storage"
  | "request"
  | "cpu"
  | "memory"
  | "idleCpu"
  | "idleMemory"
  | "task"
  | "job"
  | "secret"
  | "log";

/** The prices of one region. */
export interface PriceList {
  prices: Readonly<Record<PricedUnit, Price>>;
  /** Sentences about the prices that belong to another region. */
  missing: readonly string[];
}

/** Returns the prices of a region. A price without a source is that of another region, named in `missing`. */
export function pricesIn(region: string): PriceList {
  const own = firestorePrices[region];
  const { source, ...firestore } = own ?? (firestorePrices[FALLBACK] as FirestorePrices);
  const documents = (usd: number, freePerDay: number): Price => ({
    ...{ usd, per: 100_000, free: freePerDay * MONTH_DAYS, source, read: READ },
  });
  const tier = SECOND_TIER.has(region) ? 2 : 1;
  const run = (first: number, second: number, free = 0): Price => ({
    ...{ usd: tier === 1 ? first : second, per: 1, free, source: RUN, read: READ },
  });
  const page = (source: string, price: Pick<Price, "usd" | "per" | "free">): Price => ({
    ...{ ...price, source, read: READ },
  });
  return {
    missing: own
      ? []
      : [`Firestore's prices in ${region} have no source: the prices of ${FALLBACK} are used.`],
    prices: {
      message: { usd: 40, per: 2 ** 40, free: 10 * GIB, source: PUBSUB, read: READ },
      read: documents(firestore.read, FIRESTORE_FREE.reads),
      write: documents(firestore.write, FIRESTORE_FREE.writes),
      delete: documents(firestore.delete, FIRESTORE_FREE.deletes),
      expiry: documents(firestore.delete, 0),
      storage: { usd: firestore.gib, per: GIB, free: FIRESTORE_FREE.gib * GIB, source, read: READ },
      request: { usd: 0.4, per: 1_000_000, free: 2_000_000, source: RUN, read: READ },
      cpu: run(0.000024, 0.0000336, 180_000),
      memory: run(0.0000025, 0.0000035, 360_000),
      idleCpu: run(0.0000025, 0.0000035),
      idleMemory: run(0.0000025, 0.0000035),
      task: page("https://cloud.google.com/tasks/docs/pricing", {
        usd: 0.4,
        per: 1_000_000,
        free: 1_000_000,
      }),
      job: page("https://cloud.google.com/scheduler/pricing", { usd: 0.1, per: 1, free: 3 }),
      secret: page("https://cloud.google.com/secret-manager/pricing", { usd: 0.06, per: 1, free: 6 }),
      log: page("https://cloud.google.com/stackdriver/pricing", { usd: 0.5, per: GIB, free: 50 * GIB }),
    },
  };
}

/** Returns the cost of each use in a month. The free units of a price are free once, for all its uses together. */
export function costsOf(used: readonly { units: number; price: Price }[]): number[] {
  const freeLeft = new Map<Price, number>();
  return used.map(({ units, price }) => {
    const free = freeLeft.get(price) ?? price.free;
    freeLeft.set(price, Math.max(0, free - units));
    return (Math.max(0, units - free) / price.per) * price.usd;
  });
}
