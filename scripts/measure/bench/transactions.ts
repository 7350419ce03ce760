import { Firestore } from "@google-cloud/firestore";
import type { Load, Measure } from "./measure.ts";
import { repeat } from "./repeat.ts";
import { createShopTraffic } from "./shop-traffic.ts";

const TRANSACTIONS = 2_000;

/** Transactions as a unit of work makes them: read what is there, change it, and leave a mark with the event. */
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
  const marks = db.collection(`marks-${workers}`);
  const event = JSON.stringify(createShopTraffic(1).next());
  let expected = 0;

  const transact = (worker: number): Promise<void> => {
    const cart = carts.doc(`cart_${worker}`);
    return db.runTransaction(async transaction => {
      const events = Number((await transaction.get(cart)).get("events") ?? 0) + 1;
      transaction.set(cart, { cart_id: cart.id, user_ids: [`usr_${worker}`], events, state: "open" });
      transaction.create(marks.doc(`${worker}~${events}`), { state: "done", event, attempts: 1 });
    });
  };
  const round = async (): Promise<number> => {
    const perSecond = await repeat({ workers, times: TRANSACTIONS }, ({ worker }) => transact(worker));
    expected += TRANSACTIONS;
    const counted = (await carts.get()).docs.reduce((sum, cart) => sum + Number(cart.get("events")), 0);
    const marked = (await marks.count().get()).data().count;
    if (counted === expected && marked === expected) return perSecond;
    throw new Error(`${host}: ${counted} counted and ${marked} marked after ${expected} transactions`);
  };
  return { round, warmUp: async () => void (await round()), close: () => db.terminate() };
}
