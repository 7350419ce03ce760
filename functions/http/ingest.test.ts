import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const framework = `${root}node_modules/.bin/functions-framework`;
/** A separate folder, because another build may run. The folder must see the installed framework. */
const bundles = `${root}node_modules/.cache/pulsecart-ingest-test`;
const json = { "content-type": "application/json" };

let world: World;
let cli: { url: string; process: ChildProcess };
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/archive"]);
  cli = await startBundle("ingest");
});
afterAll(async () => {
  cli.process.kill();
  await world.close();
});

interface Ask {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

async function ask(url: string, { method = "POST", path = "/events/ingest", headers = json, body }: Ask) {
  const answer = await fetch(url + path, { method, headers, body });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const added = {
  event_type: "cart.item_added",
  user_id: "usr_8821",
  session_id: "sess_44fa9b",
  payload: { product_id: "prod_991", quantity: 1, unit_price: 89.99 },
};
const event = (fields: object) => JSON.stringify({ ...added, ...fields });
const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const payload = (text: string) => event({ payload: "PAYLOAD" }).replace('"PAYLOAD"', text);

/** Requests and the status of their answers. The bundle under the framework's own CLI must answer the same. */
const contract: readonly [what: string, ask: Ask, status: number][] = [
  ["an event", { body: event({}) }, 202],
  [
    "an event with a charset",
    { headers: { "content-type": "application/json; charset=utf-8" }, body: event({}) },
    202,
  ],
  ["its health", { method: "GET", path: "/health" }, 200],
  ["no body", {}, 400],
  ["half a JSON document", { body: '{"event_type": "cart.' }, 400],
  ["a list", { body: "[]" }, 400],
  ["null", { body: "null" }, 400],
  ["no type at all", { body: '{"user_id": "usr_1"}' }, 400],
  ["bytes that are not UTF-8", { body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, 400],
  ["20,000 levels of nesting", { body: `{"event_type":"cart.item_added","payload":${deep(20_000)}}` }, 400],
  ["a path that is not there", { path: "/events" }, 404],
  ["a path called __proto__", { path: "/__proto__", method: "GET" }, 404],
  ["another method", { method: "GET" }, 405],
  ["a form", { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "event_type=x" }, 415],
  ["UTF-16", { headers: { "content-type": "application/json; charset=utf-16" }, body: event({}) }, 415],
  ["a compressed body", { headers: { ...json, "content-encoding": "gzip" }, body: event({}) }, 415],
  ["more than 256 KiB", { body: event({ payload: { text: "x".repeat(256 * 1024) } }) }, 413],
  ["an unknown type", { body: event({ event_type: "cart.exploded" }) }, 422],
  ["__proto__ as type", { body: event({ event_type: "__proto__" }) }, 422],
  ["constructor as type", { body: event({ event_type: "constructor" }) }, 422],
  ["__proto__ as id", { body: event({ user_id: "__proto__" }) }, 422],
  [
    "__proto__ as key",
    { body: payload('{"product_id":"p","quantity":1,"__proto__":{"polluted":true}}') },
    422,
  ],
  [
    "constructor as key",
    { body: payload('{"product_id":"p","quantity":1,"constructor":{"prototype":{}}}') },
    422,
  ],
  ["a repeated key", { body: payload('{"product_id":"p","quantity":1,"quantity":2}') }, 422],
  ["1e999", { body: payload('{"product_id":"p","quantity":1,"unit_price":1e999}') }, 422],
  ["1e999 in an unknown field", { body: payload('{"product_id":"p","quantity":1,"weight":1e999}') }, 422],
  [
    "half a surrogate pair",
    { body: payload('{"product_id":"p","quantity":1,"product_name":"\\ud83d"}') },
    422,
  ],
  ["a negative quantity", { body: event({ payload: { product_id: "p", quantity: -1 } }) }, 422],
  ["a quantity in words", { body: event({ payload: { product_id: "p", quantity: "one" } }) }, 422],
];

describe.each([
  ["at the gateway", () => world.url],
  ["as a bundle under the functions-framework's own command", () => cli.url],
])("%s", (_where, url) => {
  test.each(contract)("answers %s", async (_what, asked, status) => {
    const answer = await ask(url(), asked);
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
    expect(answer.text).not.toMatch(/<html|<!doctype|node_modules|\n\s+at /i);
    if (status < 400) return;
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(JSON.parse(answer.text)).toMatchObject({
      status,
      type: expect.stringMatching(/^urn:pulsecart:problem:/),
    });
  });
});

test("answers 202 with the ids of event and message", async () => {
  const answer = await world.send("POST", "/events/ingest", { ...added, event_id: "evt_mine" });
  expect(answer).toMatchObject({
    status: 202,
    body: { status: "accepted", event_id: "evt_mine", message_id: expect.stringMatching(/^\d+$/) },
  });
  const named = await world.send("POST", "/events/ingest", added);
  expect(named.body.event_id).toMatch(/^evt_[0-9A-Z]{26}$/);
  await world.settle();
  const kept = (await world.all(archivedEvents)).filter(({ event_id }) => event_id === "evt_mine");
  expect(kept).toHaveLength(1);
  expect(JSON.parse(kept[0]?.event ?? "")).toMatchObject({
    ...added,
    producer: "ingest",
    correlation_id: "evt_mine",
  });
});

test.each([...catalogue.values()])("accepts the example of $type", async ({ example }) => {
  expect((await world.send("POST", "/events/ingest", example)).status).toBe(202);
});

test("lists every fault with place, expected and received value", async () => {
  const answer = await world.send("POST", "/events/ingest", {
    event_type: "cart.item_added",
    user_id: "usr_1",
    payload: { product_id: "", quantity: 0 },
  });
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toHaveLength(3);
  expect(answer.body.errors).toEqual(
    expect.arrayContaining([
      { pointer: "/payload/quantity", expected: "a whole number from 1 to 1000000", received: "number 0" },
    ]),
  );
});

test("lists the methods of a path in Allow", async () => {
  const answer = await ask(world.url, { method: "PUT", body: "{}" });
  expect(answer.headers.get("allow")).toBe("POST, OPTIONS");
});

test("answers 503 while Pub/Sub fails, and accepts the next event", async () => {
  const topic = (await pubsub()).topic("pulsecart.system-events");
  const banned = {
    event_type: "user.banned",
    user_id: "usr_blocked",
    payload: { reason: "spam", banned_by: "adm_1" },
  };
  await topic.delete();
  const refused = await world.send("POST", "/events/ingest", banned);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  await topic.create();
  expect((await world.send("POST", "/events/ingest", banned)).status).toBe(202);
});

test("answers JSON without a 500 to random input, and keeps prototypes", async () => {
  const prototype = Object.getOwnPropertyNames(Object.prototype);
  const key = fc.oneof(
    fc.constantFrom("__proto__", "constructor", "payload", "user_id", "event_type"),
    fc.string(),
  );
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.array(tie("value")),
      fc.dictionary(key, tie("value")),
    ),
  }));
  const type = fc.constantFrom(...catalogue.keys(), "__proto__", "toString");
  const body = fc.tuple(type, fc.dictionary(key, value)).map(([event_type, rest]) => {
    return JSON.stringify({ event_type, ...rest });
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(body, fc.string()), async text => {
      const answer = await ask(world.url, { body: text });
      expect([202, 400, 413, 422]).toContain(answer.status);
      JSON.parse(answer.text);
    }),
    { numRuns: 150 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("names missing configuration and does not start", () => {
  const { GCP_PROJECT_ID: _project, CALLER_AUTH: _auth, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, [framework, "--target=ingest"], {
    cwd: `${bundles}/ingest`,
    env,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toContain("GCP_PROJECT_ID (or GOOGLE_CLOUD_PROJECT) is missing; CALLER_AUTH is missing.");
});

/** Builds a bundle and serves it with the framework's own command, on the world's services. */
async function startBundle(name: string): Promise<{ url: string; process: ChildProcess }> {
  execFileSync(process.execPath, ["esbuild.config.mjs", bundles, name], { cwd: root });
  const port = await freePort();
  const started = spawn(process.execPath, [framework, `--target=${name}`, `--port=${port}`], {
    cwd: `${bundles}/${name}`,
    env: process.env,
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isHealthy(url))) {
    if (started.exitCode !== null) {
      throw new Error(
        `bundle of ${name} ended: expected a running server, got exit code ${started.exitCode}`,
      );
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return { url, process: started };
}

async function isHealthy(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Finds a free port. The framework's command cannot report the port that it chose. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
