import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { exportJWK } from "jose";
import { firestore } from "../../shared/google/firestore.ts";
import type { HostedFunction } from "../plan/load-functions.ts";
import { functionFiles, loadFunctions } from "../plan/load-functions.ts";
import type { Plan } from "../plan/plan.ts";
import { planOf } from "../plan/plan.ts";
import { portOf } from "../test/worlds/connection.ts";
import type { World } from "../test/worlds/world.ts";
import { startWorld } from "../test/worlds/world.ts";
import type { Mode, Tokens } from "./caller-tokens.ts";
import { createTokens, KEY_ID } from "./caller-tokens.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modes = ["verify", "iam"] as const;

let world: World;
let plan: Plan;
let tokens: Tokens;
/** Addresses by mode and name. Each function has a server of the functions-framework. */
const addresses = new Map<string, string>();
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  tokens = await createTokens();
  const key = { ...(await exportJWK(tokens.publicKey)), kid: KEY_ID };
  world = await startWorld(() => {
    const { keys } = JSON.parse(process.env["CALLER_AUTH_KEYS"] ?? "");
    process.env["CALLER_AUTH_KEYS"] = JSON.stringify({ keys: [...keys, key] });
    return loadFunctions();
  });
  plan = planOf(world.functions.map(({ declaration }) => declaration));
  await listen("verify", world.functions);
  await listen("iam", await loadBehindIam());
});
afterAll(async () => {
  for (const end of ends) await end();
  await world.close();
});

async function listen(mode: Mode, functions: readonly HostedFunction[]): Promise<void> {
  for (const { declaration, server } of functions) {
    await once(server.listen(0, "127.0.0.1"), "listening");
    addresses.set(`${mode} ${declaration.name}`, `http://127.0.0.1:${portOf(server)}`);
    ends.push(() => server.close().closeAllConnections());
  }
}

/** Loads the functions once more, because a process reads its configuration once. */
async function loadBehindIam(): Promise<HostedFunction[]> {
  jest.resetModules();
  // A deployment needs PUBLIC_URL, which a local PulseCart sets itself.
  Object.assign(process.env, {
    CALLER_AUTH: "iam",
    CALLER_AUTH_KEYS: "",
    PUBLIC_URL: "https://shop.example",
  });
  const again = await import("../plan/load-functions.ts");
  const { closeFirestore } = await import("../../shared/google/firestore.ts");
  const { setLogSink } = await import("../../shared/log.ts");
  setLogSink(() => undefined);
  ends.push(closeFirestore);
  return again.loadFunctions();
}

interface Call {
  functionName: string;
  body: object;
}

/** Returns the calls of Google's services in the plan. An accepted call leaves a ledger entry, except for schedules. */
function callsIn(mode: Mode): Call[] {
  const data = Buffer.from("unreadable").toString("base64");
  const attributes = { event_type: "user.signed_up", fingerprint: "f" };
  const publishTime = new Date(0).toISOString();
  const pushes = plan.subscriptions.map(({ name, functionName }) => {
    const message = { messageId: `${mode} ${name}`, data, attributes, publishTime };
    return { functionName, body: { subscription: `projects/p/subscriptions/${name}`, message } };
  });
  const timers = plan.queues.filter(queue => addresses.has(`${mode} ${queue}`));
  return [
    ...pushes,
    ...timers.map(name => ({
      functionName: name,
      body: { key: mode, correlation_id: "cor_1", data: "unreadable" },
    })),
    ...plan.schedules.map(({ functionName }) => ({ functionName, body: {} })),
  ];
}

async function ask(
  mode: Mode,
  { functionName, body }: Call,
  { headers, path = "/", method = "POST" }: { headers: object; path?: string; method?: string },
): Promise<number> {
  const answer = await fetch(`${addresses.get(`${mode} ${functionName}`)}${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Returns the state that a call could change. */
async function stateNow(): Promise<unknown> {
  const { queues, undelivered } = world.status();
  const found = await Promise.all((await firestore().listCollections()).map(each => each.get()));
  const documents = found.flatMap(({ docs }) =>
    docs.map(each => `${each.ref.path} ${each.updateTime.toMillis()}`),
  );
  return { queues, undelivered, documents: documents.sort() };
}

test("plans the invoker as the one caller of functions that Google calls", () => {
  const invoked = plan.callers.filter(({ callers }) => callers === "invoker");
  const called = new Set(callsIn("verify").map(({ functionName }) => functionName));
  expect(invoked.map(({ functionName }) => functionName).sort()).toEqual([...called].sort());
  const invokable = world.functions.filter(({ declaration }) => declaration.kind !== "http");
  expect(invokable.map(({ declaration }) => declaration.name).sort()).toEqual([...called].sort());
});

/**
 * Calls a function as every stranger, and on other paths and methods without a token.
 * @returns the accepted calls
 */
async function acceptedBy(call: Call, mode: Mode): Promise<string[]> {
  const accepted: string[] = [];
  const expectRefusal = async (what: string, asked: Promise<number>, status = 401) => {
    const answered = await asked;
    if (answered !== status) accepted.push(`${call.functionName}, ${what}: ${answered} instead of ${status}`);
  };
  for (const { what, status, headersFor } of tokens.strangers.filter(({ only = mode }) => only === mode)) {
    await expectRefusal(
      what,
      ask(mode, call, { headers: await headersFor(call.functionName, mode) }),
      status,
    );
  }
  for (const path of ["/release", "/drain", "/replay", "/nowhere", "/?a=b"])
    await expectRefusal(path, ask(mode, call, { headers: {}, path }));
  for (const method of ["GET", "PUT", "OPTIONS"])
    await expectRefusal(method, ask(mode, call, { headers: {}, method }));
  return accepted;
}

test.each(modes)("refuses every caller but the invoker, without effect (%s)", async mode => {
  const before = await stateNow();
  const onePerFunction = new Map(callsIn(mode).map(call => [call.functionName, call]));
  const accepted = await Promise.all([...onePerFunction.values()].map(call => acceptedBy(call, mode)));
  expect(accepted.flat()).toEqual([]);
  expect(await stateNow()).toEqual(before);
});

test.each(modes)("accepts the invoker (%s)", async mode => {
  const scheduled = plan.schedules.map(({ functionName }) => functionName);
  const calls = callsIn(mode);
  const entriesOf = async (name: string) => (await world.ledgerOf(name)).length;
  for (const name of new Set(calls.map(({ functionName }) => functionName))) {
    const before = await entriesOf(name);
    const headers = await tokens.right(name, mode);
    const asked = calls.filter(({ functionName }) => functionName === name);
    const statuses = await Promise.all(asked.map(call => ask(mode, call, { headers })));
    expect([name, statuses.filter(status => status === 401 || status === 403)]).toEqual([name, []]);
    // A schedule may leave no ledger entry of its own.
    if (scheduled.includes(name)) continue;
    expect([name, (await entriesOf(name)) > before]).toEqual([name, statuses.includes(204)]);
  }
});

test("leaves the callers of HTTP functions to IAM", async () => {
  const left = plan.callers.filter(({ callers }) => callers !== "invoker");
  const names = left.map(({ functionName }) => functionName);
  expect(names).toEqual(expect.arrayContaining(["ingest", "products", "checkout"]));
  for (const functionName of names) {
    const asked = modes.map(mode => ask(mode, { functionName, body: {} }, { headers: {}, path: "/nowhere" }));
    expect([functionName, await Promise.all(asked)]).toEqual([functionName, [404, 404]]);
  }
});

test("refuses to start any function without CALLER_AUTH", async () => {
  const sentence = "This function cannot start: CALLER_AUTH is missing.";
  jest.resetModules();
  for (const name of ["CALLER_AUTH", "CALLER_AUTH_KEYS"]) delete process.env[name];
  const started: string[] = [];
  for (const file of functionFiles()) {
    const thrown = await import(`../../functions/${file}`).then(() => "nothing", String);
    if (!thrown.includes(sentence)) started.push(`${file}: ${thrown}`);
  }
  expect(started).toEqual([]);
  const framework = dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework"));
  const args = ["--target=sweep", "--source=functions/schedules/sweep.ts", "--port=0"];
  const { status, stderr } = spawnSync(process.execPath, [join(framework, "main.js"), ...args], {
    cwd: root,
    env: process.env,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining(sentence)]);
});
