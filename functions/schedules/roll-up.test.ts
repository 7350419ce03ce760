import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { createDraws } from "../../scripts/local-cloud/faults/fault-draws.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { ARCHIVE_MARGIN_MS } from "../../shared/analytics/browse/cursor.ts";
import { BROWSE_SHARDS } from "../../shared/analytics/browse/index-fields.ts";
import { rollUpBrowseEvents } from "../../shared/analytics/browse/roll-up.ts";
import { browseDays, productViews, searchTerms, users, userViews } from "../../shared/collections.ts";
import type { FactOf } from "../../shared/events/catalogue.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { enrich } from "../../shared/events/envelope.ts";
import { documentRef, firestore, timestamp } from "../../shared/google/firestore.ts";
import { archivedEvents, archiveId } from "../../shared/pipeline/records/archived-event.ts";
import type { BrowseFact } from "../../shared/rules/counting/browse-sums.ts";
import { sumBrowseEvents } from "../../shared/rules/counting/browse-sums.ts";
import { MIN_TERM_PEOPLE } from "../../shared/rules/counting/term-people.ts";
import { applyViews } from "../../shared/rules/recommend/signals.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/values/durations.ts";
import { shardOf } from "../../shared/values/ids.ts";

let world: World;
beforeAll(async () => {
  // Without the schedule the roll-up runs only when a test calls it.
  world = await startWorld(["http/ingest", "reactions/archive"]);
});
afterEach(() => world.faults.set({}));
afterAll(() => world.close());

/** Resolution of archive times. Many events share a time, so a page may end between two of them. */
const TICK_MS = 30_000;

const LIMITS = { pageSize: 4, pagesPerGroup: 2, budgetMs: MINUTE_MS };

/** Archives an event with an archive time that may lie in the past, as after a slow commit. */
async function archiveLate(
  fact: FactOf<"product.viewed" | "search.performed">,
  { receivedMs, lateMs }: { receivedMs: number; lateMs: number },
): Promise<void> {
  const event = enrich(fact, { nowMs: receivedMs, newId: () => "", producer: "ingest" }) as PulseCartEvent;
  const { event_type, event_id, producer, received_at, user_id = "" } = event;
  const archived = documentRef(archivedEvents, archiveId(event));
  const indexFields = {
    browse_shard: shardOf(user_id, BROWSE_SHARDS),
    archived_at: timestamp(Math.floor((world.clock.now() - lateMs) / TICK_MS) * TICK_MS),
  };
  const day = received_at.slice(0, 10);
  const document = { event_type, event_id, producer, subject: user_id, day, event: JSON.stringify(event) };
  // A duplicate fails because the document exists.
  await archived.create({ ...document, ...indexFields }).catch(() => undefined);
}

/** Counts the whole archive at once. */
async function recounted() {
  const archived = await world.all(archivedEvents);
  const facts = archived.map(
    ({ day, event_type, event }): BrowseFact => ({ day, event_type, event: JSON.parse(event) }),
  );
  const sums = sumBrowseEvents(facts);
  const named = (counts: Map<string, Map<string, number>>) =>
    [...counts]
      .flatMap(([day, names]) => [...names].map(([name, count]) => `${day} ${name} ${count}`))
      .sort();
  return {
    days: [...sums.days].map(([day, counts]) => ({ day, ...counts })).sort(byDay),
    products: named(sums.products),
    terms: [...sums.terms]
      .flatMap(([day, terms]) =>
        [...terms].map(([term, { searches, people }]) => {
          const isShown = people.length >= MIN_TERM_PEOPLE;
          return isShown ? `${day} ${term} ${searches}` : hiddenLine(day, searches, people);
        }),
      )
      .sort(),
    viewed: [...sums.viewed]
      .map(([user_id, views]) => ({ user_id, viewed: applyViews({}, views) }))
      .sort(byUser),
  };
}

async function rolledUp() {
  const [days, products, terms, viewed] = await Promise.all([
    world.all(browseDays),
    world.all(productViews),
    world.all(searchTerms),
    world.all(userViews),
  ]);
  const sums = new Map<string, { day: string; views: number; searches: number }>();
  for (const { day, views = 0, searches = 0 } of days) {
    const before = sums.get(day) ?? { day, views: 0, searches: 0 };
    sums.set(day, { day, views: before.views + views, searches: before.searches + searches });
  }
  return {
    days: [...sums.values()].sort(byDay),
    products: products.map(({ day, product_id, views }) => `${day} ${product_id} ${views}`).sort(),
    terms: terms
      .map(({ day, term, searches, hidden_searches = 0, people = [] }) =>
        term === undefined ? hiddenLine(day, hidden_searches, people) : `${day} ${term} ${searches}`,
      )
      .sort(),
    viewed: viewed.sort(byUser),
  };
}

const hiddenLine = (day: string, searches: number, people: readonly string[]) =>
  `${day} hidden ${searches} by ${people.toSorted().join()}`;

const byDay = (a: { day: string }, b: { day: string }) => (a.day < b.day ? -1 : 1);
const byUser = (a: { user_id: string }, b: { user_id: string }) => (a.user_id < b.user_id ? -1 : 1);

/** Rolls up in many short runs until a run reports that all events are counted. */
async function rollUpAll(): Promise<void> {
  let did = await rollUpBrowseEvents(LIMITS);
  while (did.unfinished > 0) did = await rollUpBrowseEvents(LIMITS);
}

const ROUNDS = 20;
/** Rounds with Firestore faults. Each costs seconds, because a refused client waits before a retry. */
const FAULTY_ROUNDS = [9, 17];

test("counts each event once despite late events, duplicates, overlapping runs and faults", async () => {
  const draws = createDraws(7);
  const draw = (what: string, below: number) => Math.floor(draws.draw(what) * below);
  let archived = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const coming = Array.from({ length: draw("events", 12) }, () => {
      // One event in ten is a duplicate.
      const id = draw("again", 10) === 0 ? draw("which", archived + 1) : archived++;
      const about = { event_id: `evt_${id}`, user_id: `usr_${draw("user", 15)}` };
      const fact: FactOf<"product.viewed" | "search.performed"> =
        draw("kind", 2) === 0
          ? {
              ...about,
              event_type: "search.performed",
              // Most searches share a term, so people in all groups search for it.
              payload: { query: ` Lamp  ${Math.max(0, draw("term", 6) - 3)}` },
            }
          : {
              ...about,
              event_type: "product.viewed",
              payload: { product_id: `prod_${draw("product", 40)}` },
            };
      const receivedMs = world.clock.now() - draw("received", 3) * DAY_MS - draw("seconds", MINUTE_MS);
      return archiveLate(fact, { receivedMs, lateMs: draw("late", ARCHIVE_MARGIN_MS - TICK_MS) });
    });
    if (FAULTY_ROUNDS.includes(round)) world.faults.set({ seed: round, lose_answer: 0.2, unavailable: 0.1 });
    // Few small pages: each run ends between two pages.
    const runs = Array.from({ length: 1 + draw("runs", 3) }, () =>
      rollUpBrowseEvents({ ...LIMITS, pageSize: 2, pagesPerGroup: 1 + draw("pages", 3) }),
    );
    await Promise.allSettled([...runs, ...coming]);
    world.faults.set({});
    if (draw("wait", 2) === 0) await world.advance(draw("minutes", 8) * MINUTE_MS);
  }
  await world.advance(ARCHIVE_MARGIN_MS + MINUTE_MS);
  await rollUpAll();
  const counted = await rolledUp();
  expect(counted).toEqual(await recounted());
  expect(counted.days.length).toBeGreaterThan(2);
  expect(counted.terms.filter(line => line.includes("lamp")).length).toBeGreaterThan(1);
  expect(counted.terms.filter(line => line.includes("hidden")).length).toBeGreaterThan(2);
  expect(archived).toBeGreaterThan(70);
});

test("counts an event only when its archive time is final", async () => {
  const fact = { event_type: "product.viewed", event_id: "evt_margin", user_id: "usr_margin" } as const;
  await archiveLate({ ...fact, payload: { product_id: "p" } }, { receivedMs: world.clock.now(), lateMs: 0 });
  expect(await rollUpBrowseEvents()).toEqual({ events: 0, pages: 0, unfinished: 0 });
  await world.advance(ARCHIVE_MARGIN_MS);
  expect(await rollUpBrowseEvents()).toEqual({ events: 1, pages: 1, unfinished: 0 });
  expect(await rollUpBrowseEvents()).toEqual({ events: 0, pages: 0, unfinished: 0 });
});

test("stops after its page limit and continues in the next run", async () => {
  const receivedMs = world.clock.now();
  for (let index = 0; index < 10; index += 1) {
    const about = {
      event_type: "product.viewed",
      event_id: `evt_many${index}`,
      user_id: "usr_many",
    } as const;
    await archiveLate({ ...about, payload: { product_id: `p${index}` } }, { receivedMs, lateMs: 0 });
  }
  await world.advance(ARCHIVE_MARGIN_MS);
  expect(await rollUpBrowseEvents(LIMITS)).toEqual({ events: 8, pages: 2, unfinished: 1 });
  expect(await rollUpBrowseEvents(LIMITS)).toEqual({ events: 2, pages: 1, unfinished: 0 });
});

describe("search terms", () => {
  let searches = 0;

  /** Archives one search per user and counts them. */
  async function search(query: string, userIds: readonly string[]): Promise<void> {
    const receivedMs = world.clock.now();
    for (const user_id of userIds) {
      const event_id = `evt_search_${searches++}`;
      const fact = { event_type: "search.performed", event_id, user_id, payload: { query } } as const;
      await archiveLate(fact, { receivedMs, lateMs: 0 });
    }
    await world.advance(ARCHIVE_MARGIN_MS);
    await rollUpAll();
  }

  const rowsOf = async (word: string) =>
    (await world.all(searchTerms)).filter(row => JSON.stringify(row).includes(word));
  const people = (count: number, from = 0) =>
    Array.from({ length: count }, (_, n) => `usr_person${from + n}`);

  test("keeps no term in clear that four people searched for", async () => {
    const before = (await world.all(searchTerms)).length;
    await search("Migraine Help", [...people(4), ...people(4)]);
    expect(await rowsOf("migraine")).toEqual([]);
    const rows = await world.all(searchTerms);
    expect(rows).toHaveLength(before + 1);
    const hidden = rows.find(({ hidden_searches }) => hidden_searches === 8);
    expect(hidden?.people).toHaveLength(4);
    expect(JSON.stringify(hidden)).not.toContain("usr_person");
  });

  test("shows a term with all its searches from the fifth person on", async () => {
    await search("lantern", people(4));
    expect(await rowsOf("lantern")).toEqual([]);
    await search("Lantern", people(1));
    expect(await rowsOf("lantern")).toEqual([]);
    await search("lantern", people(1, 4));
    const day = new Date(world.clock.now()).toISOString().slice(0, 10);
    const shown = { day, term: "lantern", searches: 6, expires_at: expect.anything() };
    expect(await rowsOf("lantern")).toEqual([shown]);
    await search("lantern", people(2));
    expect(await rowsOf("lantern")).toEqual([{ ...shown, searches: 8 }]);
  });

  test("shows a term when groups count its five people at once", async () => {
    for (let n = 0; n < 8; n += 1) {
      await search(`torch ${n}`, people(5, n * 5));
      expect(await rowsOf(`torch ${n}`)).toMatchObject([{ searches: 5 }]);
    }
  });
});

describe("roll-up of ingested events", () => {
  const view = { event_type: "product.viewed", payload: { product_id: "prod_seen" } };

  beforeAll(async () => {
    await documentRef(users, "usr_erased").set({ user_id: "usr_erased", erased_at_ms: 1 });
    for (const user_id of ["usr_erased", "usr_seen"])
      await world.send("POST", "/events/ingest", { ...view, user_id, session_id: "s" });
    const search = { event_type: "search.performed", user_id: "usr_seen", payload: { query: "cup" } };
    await world.send("POST", "/events/ingest", search);
    await world.send("POST", "/events/ingest", {
      event_type: "cart.item_added",
      user_id: "usr_seen",
      session_id: "s",
      payload: { product_id: "prod_seen", quantity: 1 },
    });
    await world.settle();
    const unreadable = { event_type: "product.viewed", day: "2020-01-01", event: "no JSON" };
    const indexFields = { browse_shard: 0, archived_at: timestamp(world.clock.now()) };
    await firestore()
      .collection(archivedEvents.name)
      .doc("unreadable")
      .set({ ...unreadable, ...indexFields });
    await world.advance(ARCHIVE_MARGIN_MS + MINUTE_MS);
    await rollUpAll();
  });

  test("reads views and searches only", async () => {
    const timed = (await world.all(archivedEvents)).filter(({ archived_at }) => archived_at !== undefined);
    const types = new Set(timed.map(({ event_type }) => event_type));
    expect([...types].sort()).toEqual(["product.viewed", "search.performed"]);
  });

  test("counts views by product", async () => {
    const { products } = await rolledUp();
    expect(products.filter(line => line.includes("prod_seen"))).toEqual([
      expect.stringMatching(/ prod_seen 2$/),
    ]);
  });

  test("counts an unreadable event by its type", async () => {
    const { days } = await rolledUp();
    expect(days[0]).toEqual({ day: "2020-01-01", views: 1, searches: 0 });
  });

  test("stores last views of users, but none of an erased user", async () => {
    const { viewed } = await rolledUp();
    const userIds = viewed.map(({ user_id }) => user_id);
    expect(userIds).toContain("usr_seen");
    expect(userIds).not.toContain("usr_erased");
  });
});
