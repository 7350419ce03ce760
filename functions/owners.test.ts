import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadFunctions } from "../scripts/plan/load-functions.ts";
import { anEvent } from "../scripts/test/an-event.ts";
import type { World } from "../scripts/test/worlds/world.ts";
import { startWorld } from "../scripts/test/worlds/world.ts";
import { reviews } from "../shared/collections.ts";
import type { EventType } from "../shared/events/catalogue.ts";
import { catalogue, definitionOf } from "../shared/events/catalogue.ts";
import type { EventDefinition } from "../shared/events/define.ts";
import { documentRef, firestore } from "../shared/google/firestore.ts";
import { pubsub } from "../shared/google/pubsub.ts";
import type { Review } from "../shared/rules/review.ts";

let world: World;
beforeAll(async () => {
  // Schedules run by the clock and change documents that no event of this test changes.
  world = await startWorld(async () =>
    (await loadFunctions()).filter(({ declaration }) => declaration.kind !== "schedule"),
  );
});
afterAll(() => world.close());

/** Reads every document of the shop, by its path. The archive and the ledger record every fact and are left out. */
async function state(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const root = await firestore().listCollections();
  // The documents of a projection lie below a document of its generation, which does not exist itself.
  const generations = await Promise.all(
    (await firestore().collection("projections").listDocuments()).map(place => place.listCollections()),
  );
  for (const collection of [...root, ...generations.flat()]) {
    if (["events", "ledger"].includes(collection.id)) continue;
    for (const document of (await collection.get()).docs)
      found.set(document.ref.path, JSON.stringify(document.data()));
  }
  return found;
}

async function changesBy(run: () => Promise<unknown>): Promise<string[]> {
  const before = await state();
  await run();
  await world.settle();
  const after = await state();
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    path => before.get(path) !== after.get(path),
  );
}

const OWNED = [...catalogue.values()].filter(({ owner }) => owner !== undefined);

interface Things {
  user_id: string;
  order_id: string;
  product_id: string;
  purchase_id: string;
  review_id: string;
  cart_id: string;
}

async function created(method: string, path: string, body: object): Promise<Record<string, string>> {
  const answer = await world.send(method, path, body);
  expect([200, 201]).toContain(answer.status);
  return answer.body;
}

/** Makes one thing of each kind through the functions of this shop. */
async function ownThings(name: string): Promise<Things> {
  const product_id = `prod_${name}`;
  const supplier = { name: "Lamps & Co", email: "supplier@example.com" };
  await created("PUT", `/products/${product_id}`, {
    name: "Lamp",
    price: 10,
    stock: 90,
    threshold: 5,
    supplier,
  });
  const account = { email: `${name}@example.com`, name: "Ada" };
  const { user_id = "" } = await created("POST", "/users", account);
  const items = [{ product_id, quantity: 2 }];
  const { order_id = "" } = await created("POST", "/orders", { user_id, items });
  const { purchase_id = "" } = await created("POST", "/purchases", {
    user_id,
    course_id: "crs_1",
    amount: 49,
  });
  const review_id = `rev_${name}`;
  const owned = { owned_by: "products", owned_since_ms: 1 };
  const review: Review = {
    ...{ review_id, product_id, user_id, rating: 4, state: "pending", reasons: [], submitted_at_ms: 1 },
    ...owned,
  };
  await documentRef(reviews, review_id).set(review);
  const add = anEvent("cart.item_added", { user_id, session_id: `sess_${name}`, payload: { product_id } });
  await ingested(add);
  await world.settle();
  return { user_id, order_id, product_id, purchase_id, review_id, cart_id: `cart_sess_${name}` };
}

async function ingested(event: object): Promise<void> {
  expect(await world.send("POST", "/events/ingest", event)).toMatchObject({ status: 202 });
}

/** Builds a fact of a type about these things, with values that differ from what the shop knows. */
function factAbout(type: EventType, things: Things) {
  const { user_id, order_id, product_id, purchase_id, review_id, cart_id } = things;
  const items = [{ product_id, quantity: 1, unit_price: 3 }];
  const payloads: Partial<Record<EventType, object>> = {
    "order.placed": { items, total: 3, email: "mallory@example.com", payment_status: "confirmed" },
    "order.paid": { payment_id: "pay_x", amount: 9999, currency: "USD" },
    "order.cancelled": { items },
    "payment.failed": { attempt_id: "att_x" },
    "refund.issued": { refund_id: "ref_x", amount: 9999, items },
    "cart.abandoned": { cart_id, items },
    "purchase.completed": { purchase_id, course_id: "crs_x", amount: 999, affiliate_id: "mallory" },
    "user.signed_up": { email: "mallory@example.com", name: "Mallory" },
    "product.reviewed": { product_id, review_id, rating: 1 },
    "inventory.low_stock_alert": { product_id, current_stock: 1, threshold: 5 },
  };
  const payload = payloads[type] ?? {};
  const { envelope } = definitionOf(type);
  const ids = { ...(envelope.user_id && { user_id }), ...(envelope.order_id && { order_id }) };
  return anEvent(type, { ...ids, payload } as never);
}

/** Two producers that no configuration names: a caller of ingest, and a publisher to a topic. */
const PRODUCERS: Readonly<Record<string, (event: { event_type: EventType }) => Promise<unknown>>> = {
  ingest: event => ingested(event),
  "a topic": async event => {
    const topic = (await pubsub()).topic(definitionOf(event.event_type).topic);
    await topic.publishMessage({ data: Buffer.from(JSON.stringify(event)) });
  },
};

/** Types that a reaction besides the archive handles. */
async function handledTypes(): Promise<Set<EventType>> {
  const reactions = world.functions.flatMap(({ declaration }) =>
    declaration.kind === "reaction" && declaration.name !== "archive" ? [declaration] : [],
  );
  return new Set(reactions.flatMap(({ types }) => types));
}

async function reasonsAbout(type: EventType): Promise<Set<string | undefined>> {
  const names = world.lines.filter(
    ({ message, fields }) =>
      message === "reaction.finished" && fields["event_type"] === type && fields["reaction"] !== "archive",
  );
  return new Set(names.map(({ fields }) => `${fields["outcome"]}: ${fields["reason"]}`));
}

describe.each(Object.entries(PRODUCERS))("facts from %s about things of this shop", (name, publish) => {
  let things: Things;
  beforeAll(async () => {
    things = await ownThings(name.replace(" ", "_"));
  });

  test.each(OWNED.map(({ type }) => type as EventType))("changes nothing for %s", async type => {
    world.lines.length = 0;
    expect(await changesBy(() => publish(factAbout(type, things)))).toEqual([]);
    const isHandled = (await handledTypes()).has(type);
    expect([...(await reasonsAbout(type))]).toEqual(isHandled ? ["skipped: not the owner"] : []);
  });
});

describe("facts about things of other systems", () => {
  const outside = (name: string): Things => ({
    user_id: `usr_${name}`,
    order_id: `ord_${name}`,
    product_id: `prod_${name}`,
    purchase_id: `pur_${name}`,
    review_id: `rev_${name}`,
    cart_id: `cart_${name}`,
  });
  const types = OWNED.filter(({ thing }) => thing?.outside !== "never").map(({ type }) => type as EventType);

  for (const [name, publish] of Object.entries(PRODUCERS)) {
    test.each(types)(`changes the state for %s from ${name}`, async type => {
      if (!(await handledTypes()).has(type)) return;
      const things = outside(`out_${name.replace(" ", "_")}_${type}`);
      if (type === "payment.failed") await publish(factAbout("order.placed", things));
      await world.settle();
      expect(await changesBy(() => publish(factAbout(type, things)))).not.toEqual([]);
    });
  }
});

test("walks over the documents of projections too", async () => {
  const counted = [...(await state()).keys()].filter(path => path.includes("day_counters"));
  expect(counted).not.toEqual([]);
});

describe("walk over the catalogue", () => {
  /** Runs with a guard that ignores one type. */
  async function unguarded<T>(type: EventType, run: () => Promise<T>): Promise<T> {
    const definition = definitionOf(type) as { thing?: EventDefinition["thing"] };
    const { thing } = definition;
    delete definition.thing;
    try {
      return await run();
    } finally {
      if (thing) definition.thing = thing;
    }
  }

  test.each(OWNED.map(({ type }) => type as EventType))("finds a guard that ignores %s", async type => {
    if (!(await handledTypes()).has(type)) return;
    const things = await ownThings(`off_${type.replace(".", "_")}`);
    const event = factAbout(type, things);
    const changes = await unguarded(type, () => changesBy(() => ingested(event)));
    expect(changes).not.toEqual([]);
  });
});
