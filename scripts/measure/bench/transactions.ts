import { Firestore } from "@google-cloud/firestore";
import type { Load, Measure } from "./measure.ts";
import { repeat } from "./repeat.ts";
import { createShopTraffic } from "./shop-traffic.ts";

const TRANSACTIONS = 2_000;

/** Measures transactions like those of a unit of work: read a document, change it, create a ledger entry. */
export function transactionsAtOnce(workers: number): Measure {
  return {
    name: `Firestore transactions/s, ${workers} at once (read 1, write 2)`,
    service: "firestore",
    least: 1,
    prepare: async host => prepare(host, workers),
  };
}

async function prepare(host: string, workers: number): Promise<Load> {
  const db = new Firestore({ projectId: "demo-bench", host, ssl: false });
  const carts = db.collection(`carts-${workers}`);
  const entries = db.collection(`entries-${workers}`);
  const event = JSON.stringify(createShopTraffic(1).next());
  let expected = 0;

  const transact = (worker: number): Promise<void> => {
    const cart = carts.doc(`cart_${worker}`);
    return db.runTransaction(async transaction => {
      const events = Number((await transaction.get(cart)).get("events") ?? 0) + 1;
      transaction.set(cart, { cart_id: cart.id, user_ids: [`usr_${worker}`], events, state: "open" });
      transaction.create(entries.doc(`${worker}~${events}`), { state: "done", event, attempts: 1 });
    });
  };
  const round = async (): Promise<number> => {
    const perSecond = await repeat({ workers, times: TRANSACTIONS }, ({ worker }) => transact(worker));
    expected += TRANSACTIONS;
    const counted = (await carts.get()).docs.reduce((sum, cart) => sum + Number(cart.get("events")), 0);
    const created = (await entries.count().get()).data().count;
    if (counted === expected && created === expected) return perSecond;
    throw new Error(
      `Documents of ${host} wrong: expected ${expected} counts and entries, got ${counted} and ${created}`,
    );
  };
  return { round, warmUp: async () => void (await round()), close: () => db.terminate() };
}
