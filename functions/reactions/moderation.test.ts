import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { reviews as reviewDocuments } from "../../shared/collections.ts";
import { SECOND_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "http/products", "reactions/moderation"]);
});
afterAll(() => world.close());

const create = (id: string) => world.send("PUT", `/products/${id}`, { name: id, price: 5, stock: 1 });
const product = async (id: string) => (await world.send("GET", `/products/${id}`)).body;
const reviewed = (product: string, user_id: string, payload: object) =>
  ({ event_type: "product.reviewed", user_id, payload: { product_id: product, ...payload } }) as const;

testDeliveries(() => world, {
  reaction: "moderation",
  given: name => create(`p_${name}`),
  events: name => [
    reviewed(`p_${name}`, "usr_1", { rating: 5, comment: "Great!" }),
    reviewed(`p_${name}`, "usr_2", { rating: 2, comment: "It broke." }),
    reviewed(`p_${name}`, "usr_3", { rating: 5, comment: "CLICK HERE http://a.example http://b.example" }),
  ],
  outcome: async name => {
    const { rating, reviews } = await product(`p_${name}`);
    return [rating, reviews.items.map((review: { comment: string }) => review.comment).sort()];
  },
  expected: [{ average: 3.5, count: 2 }, ["Great!", "It broke."]],
});

const earlier = (seconds: number) => new Date(world.clock.now() - seconds * SECOND_MS).toISOString();

testDeliveries(() => world, {
  reaction: "moderation",
  given: name => create(`p_${name}`),
  events: name => {
    const spam = "CLICK HERE http://a.example http://b.example";
    const of = (n: number, content: object) => ({
      ...reviewed(`p_${name}`, `usr_${name}`, { review_id: `rev_${name}_${n}`, ...content }),
      timestamp: `2025-06-01T00:00:0${n}Z`,
    });
    return [
      of(0, { rating: 1, comment: "Broken." }),
      of(1, { rating: 2, comment: "Repaired." }),
      of(2, { rating: 5, comment: spam }),
    ];
  },
  outcome: async name => {
    const { rating, reviews } = await product(`p_${name}`);
    const all = (await world.all(reviewDocuments)).filter(({ review_id }) =>
      review_id.startsWith(`rev_${name}_`),
    );
    const states = all.toSorted((a, b) => (a.review_id < b.review_id ? -1 : 1)).map(({ state }) => state);
    return [rating, reviews.items.map((review: { comment?: string }) => review.comment), states];
  },
  expected: [{ average: 2, count: 1 }, ["Repaired."], ["replaced", "published", "held"]],
});

async function submit(productId: string, content: object): Promise<string> {
  const sent = await world.send("POST", `/products/${productId}/reviews`, { user_id: "usr_1", ...content });
  expect(sent.status).toBe(201);
  await world.settle();
  await world.advance(SECOND_MS);
  return sent.body.review_id;
}

test("keeps the review written here when another system reports a later one", async () => {
  await create("p_foreign");
  const ours = await submit("p_foreign", { rating: 5, comment: "Great!" });
  const payload = { review_id: "rev_foreign", rating: 1, comment: "Bad." };
  await world.send("POST", "/events/ingest", reviewed("p_foreign", "usr_1", payload));
  await world.settle();
  const { rating, reviews } = await product("p_foreign");
  expect(rating).toEqual({ average: 5, count: 1 });
  expect(reviews.items).toMatchObject([{ review_id: ours }]);
});

const decideAbout = (id: string, decision: string) =>
  world.send("POST", `/reviews/${id}/decision`, { decision, decided_by: "mod" });

describe("reviews of one user about one product", () => {
  test("counts only the latest one and lists the others as replaced", async () => {
    await create("five");
    const ids = [];
    for (const rating of [1, 2, 3, 4, 5]) ids.push(await submit("five", { rating, comment: `no ${rating}` }));
    const { rating, reviews } = await product("five");
    expect(rating).toEqual({ average: 5, count: 1 });
    expect(reviews.items).toMatchObject([{ review_id: ids[4], rating: 5, state: "published" }]);
    const { body } = await world.send("GET", "/reviews?state=replaced&limit=100");
    const listed = body.items.filter(({ product_id }: { product_id: string }) => product_id === "five");
    expect(listed.map(({ review_id }: { review_id: string }) => review_id)).toEqual(
      ids.slice(0, 4).reverse(),
    );
  });

  test("refuses decisions about a replaced review with 409", async () => {
    await create("decided");
    const first = await submit("decided", { rating: 1 });
    const second = await submit("decided", { rating: 5 });
    for (const decision of ["publish", "reject"]) {
      const { status, body } = await decideAbout(first, decision);
      expect([status, body.detail]).toEqual([409, expect.stringContaining("Decide about the later review")]);
    }
    expect((await decideAbout(second, "reject")).status).toBe(200);
    expect((await product("decided")).rating).toEqual({ average: 1, count: 1 });
    expect((await decideAbout(first, "reject")).status).toBe(200);
    expect((await product("decided")).rating).toEqual({ average: null, count: 0 });
    expect((await decideAbout(second, "publish")).status).toBe(200);
    expect((await decideAbout(first, "publish")).status).toBe(409);
    expect((await product("decided")).rating).toEqual({ average: 5, count: 1 });
  });

  test("replaces the published review when a moderator publishes held spam", async () => {
    await create("spammed");
    await submit("spammed", { rating: 2 });
    const spam = await submit("spammed", { rating: 5, comment: "FREE MONEY FREE MONEY FREE MONEY" });
    expect((await product("spammed")).rating).toEqual({ average: 2, count: 1 });
    expect((await decideAbout(spam, "publish")).body).toMatchObject({ state: "published" });
    expect((await product("spammed")).rating).toEqual({ average: 5, count: 1 });
  });

  test("counts one review when many arrive at once", async () => {
    await create("rush");
    const timestamps = Array.from({ length: 8 }, (_, n) => earlier(20 - n));
    await Promise.all(
      timestamps.map((timestamp, n) =>
        world.send("POST", "/events/ingest", {
          ...reviewed("rush", "usr_rush", { rating: (n % 5) + 1 }),
          timestamp,
        }),
      ),
    );
    await world.settle();
    expect((await product("rush")).rating).toEqual({ average: 3, count: 1 });
  });
});

async function held(): Promise<string> {
  await create("held");
  const sent = await world.send("POST", "/products/held/reviews", {
    user_id: "usr_1",
    rating: 1,
    comment: "FREE MONEY FREE MONEY FREE MONEY",
  });
  expect(sent).toMatchObject({ status: 201, body: { state: "pending" } });
  await world.settle();
  return sent.body.review_id;
}

test("holds spam with reasons and accepts any number of moderator decisions", async () => {
  const id = await held();
  const { body } = await world.send("GET", "/reviews?state=held");
  expect(body.items).toContainEqual(
    expect.objectContaining({ review_id: id, reasons: ["shouting", "words on the blocklist"] }),
  );
  const decide = (decision: string) =>
    world.send("POST", `/reviews/${id}/decision`, { decision, decided_by: "mod" });
  for (const [decision, count] of [
    ["publish", 1],
    ["publish", 1],
    ["reject", 0],
    ["publish", 1],
  ] as const) {
    expect(await decide(decision)).toMatchObject({ status: 200 });
    expect((await product("held")).rating.count).toBe(count);
  }
  expect((await decide("maybe")).body.errors).toMatchObject([{ pointer: "/decision" }]);
});

test("returns 404 for a decision about an unknown review", async () => {
  const decision = { decision: "publish", decided_by: "mod" };
  expect((await world.send("POST", "/reviews/none/decision", decision)).status).toBe(404);
});

test("holds a review when three people send the same text", async () => {
  await create("same");
  const comment = "Honestly the most wonderful thing that I ever bought for my garden.";
  for (const user_id of ["usr_a", "usr_b", "usr_b", "usr_c"]) {
    await world.send("POST", "/products/same/reviews", { user_id, rating: 5, comment });
    await world.settle();
  }
  // The second review of usr_b replaces the first; the review of usr_c is held.
  expect((await product("same")).rating.count).toBe(2);
});

test("lists published reviews in pages, newest first", async () => {
  await create("paged");
  for (let n = 0; n < 5; n += 1) {
    await world.send("POST", "/products/paged/reviews", {
      user_id: `usr_${n}`,
      rating: 3,
      comment: `no ${n}`,
    });
    await world.advance(SECOND_MS);
  }
  const seen: string[] = [];
  for (let path: string | undefined = "/products/paged/reviews?limit=2"; path; ) {
    const { status, body } = await world.send("GET", path);
    expect(status).toBe(200);
    seen.push(...body.items.map((review: { comment: string }) => review.comment));
    path = body.next_page_token && `/products/paged/reviews?limit=2&page_token=${body.next_page_token}`;
  }
  expect(seen).toEqual(["no 4", "no 3", "no 2", "no 1", "no 0"]);
});

test("refuses an invalid page token and a page size above 100", async () => {
  await create("refused");
  const tokenOf = (id: string) => Buffer.from(JSON.stringify([1, id])).toString("base64url");
  for (const token of ["x", ...["a/b", ".", "__x__", "x".repeat(1_600)].map(tokenOf)])
    expect((await world.send("GET", `/products/refused/reviews?page_token=${token}`)).status).toBe(400);
  expect((await world.send("GET", "/products/refused/reviews?limit=101")).status).toBe(400);
});
