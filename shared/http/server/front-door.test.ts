import { once } from "node:events";
import type { Server } from "node:http";
import http from "node:http";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { RawAnswer, Talk } from "../../../scripts/test/worlds/connection.ts";
import { get, post, speak } from "../../../scripts/test/worlds/connection.ts";
import { httpFunction } from "../../pipeline/http-function.ts";
import { readJsonObject } from "../json-body.ts";
import { Problem } from "../problem.ts";

const limits = { maxBodyBytes: 1024, bodyTimeoutMs: 300, halfClosedMs: 300 };
const errors: unknown[] = [];
let handled = 0;
let gate = Promise.withResolvers<void>();
let server: Server;

const HEAD = "POST /echo HTTP/1.1\r\nHost: shop\r\n";
const JSON_HEAD = `${HEAD}Content-Type: application/json\r\n`;
const HTML = { "content-type": "text/html" };
const CYCLE: Record<string, unknown> = {};
CYCLE["self"] = CYCLE;

beforeAll(async () => {
  httpFunction(
    "demo",
    {
      "POST /echo": async request => {
        handled += 1;
        return { status: 200, body: { received: readJsonObject(request) } };
      },
      "GET /items/:id": async ({ params }) => ({ status: 200, body: { id: params["id"] } }),
      "GET /gated": () => gate.promise.then(() => ({ status: 200, body: "late" })),
      "GET /throws": async () => {
        throw new Error("the password is swordfish");
      },
      "GET /cycle": async () => ({ status: 200, body: CYCLE }),
      "GET /split": async () => ({ status: 200, headers: { "x-name": "a\r\nset-cookie: b" } }),
      "GET /refused": async () => {
        throw new Problem({ status: 409, slug: "conflict", headers: { "x-name": "a\r\nset-cookie: b" } });
      },
      "GET /page": async () => ({ status: 200, headers: HTML, body: Buffer.from("<p>hello</p>") }),
    },
    { ...limits, onError: error => errors.push(error) },
  );
  server = getTestServer("demo").listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  expect(await one(post('{"still":"alive"}'))).toMatchObject({ status: 200 });
});

afterAll(() => server.close().closeAllConnections());

/** Sends bytes and checks that every refusal is a problem without internals. */
async function ask(send: Parameters<typeof speak>[1], talk?: Talk): Promise<RawAnswer[]> {
  const answers = await speak(server, send, talk);
  for (const answer of answers.filter(({ status }) => status >= 400)) {
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.body).not.toMatch(/<html|<!doctype| {4}at |node_modules|swordfish/i);
    if (!talk?.head) expect(JSON.parse(answer.body)).toMatchObject({ status: answer.status });
  }
  return answers;
}

async function one(send: Parameters<typeof speak>[1], talk: Talk = {}): Promise<RawAnswer> {
  const [answer] = await ask(send, { ...talk, answers: 1 });
  if (answer === undefined) throw new Error("connection closed: expected one answer, got none");
  return answer;
}

test("answers JSON with its length, against caching and sniffing", async () => {
  const answer = await one(post('{"a":1}'));
  expect(JSON.parse(answer.body)).toEqual({ received: { a: 1 } });
  expect(answer.headers).toMatchObject({
    "content-type": "application/json",
    "content-length": String(answer.body.length),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  expect(await one(get("/page"))).toMatchObject({ body: "<p>hello</p>", headers: HTML });
});

test("answers 408 and closes when a body is too slow", async () => {
  const before = handled;
  const answer = await one(`${HEAD}Content-Length: 10\r\n\r\n{`);
  expect(answer).toMatchObject({ status: 408, headers: { connection: "close" } });
  expect(handled).toBe(before);
});

test.each(["end", "destroy", "resetAndDestroy"] as const)(
  "calls no handler when the client leaves within its body (%s)",
  async leave => {
    const before = handled;
    const connected = once(server, "connection");
    const answers = ask(socket => {
      socket.write(`${JSON_HEAD}Content-Length: 10\r\n\r\n{}`, () => socket[leave]());
    });
    const [socket] = await connected;
    if (!socket.destroyed) await new Promise(resolve => socket.once("close", resolve));
    expect(await answers).toEqual([]);
    expect(handled).toBe(before);
  },
);

test("answers a half-closed connection, then closes it", async () => {
  gate = Promise.withResolvers<void>();
  const connected = once(server, "connection");
  const both = ask(client => client.end(`${get("/gated")}${get("/items/2")}`));
  const [socket] = await connected;
  await once(socket, "end");
  gate.resolve();
  expect((await both).map(({ body }) => body)).toEqual(['"late"', '{"id":"2"}']);
});

test("drops the connection of a client that leaves during its request", async () => {
  errors.length = 0;
  gate = Promise.withResolvers<void>();
  const [, , [socket]] = await Promise.all([
    ask(client => client.write(get("/gated"), () => client.destroy())),
    once(server, "request"),
    once(server, "connection"),
  ]);
  if (!socket.destroyed) await new Promise(resolve => socket.once("close", resolve));
  gate.resolve();
  expect(await one(get("/items/1"))).toMatchObject({ status: 200 });
  expect(errors).toEqual([]);
});

test("answers a client that sends far too much without a reset", async () => {
  const megabytes = Buffer.alloc(8 * 1024 * 1024, "x");
  const sendAll = async (...parts: (string | Buffer)[]) => {
    const sent = Promise.withResolvers<Error | null | undefined>();
    const bytes = Buffer.concat(parts.map(part => Buffer.from(part)));
    // The client reads only after it has sent everything, as simple clients do.
    const answer = await one(socket => {
      socket.pause().write(bytes, error => {
        sent.resolve(error);
        socket.resume();
      });
    });
    expect(await sent.promise).toBeFalsy();
    return answer;
  };
  expect(await sendAll(post(megabytes))).toMatchObject({ status: 413, headers: { connection: "close" } });
  const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n800000\r\n`;
  expect(await sendAll(chunked, megabytes, "\r\n0\r\n\r\n")).toMatchObject({ status: 413 });
  expect(await sendAll("GET / HTTP/1.1\r\nX-Long: ", megabytes, "\r\n\r\n")).toMatchObject({ status: 431 });
});

test("accepts a body of exactly the limit", async () => {
  const body = JSON.stringify({ a: "x".repeat(limits.maxBodyBytes - 8) });
  expect(await one(post(body))).toMatchObject({ status: 200 });
  expect(await one(post(`${body} `))).toMatchObject({ status: 413 });
});

test("closes the connection of a client that never stops sending", async () => {
  const answers = await ask(socket => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => socket.write(`400\r\n${"x".repeat(1024)}\r\n`), 5);
    socket.on("close", () => clearInterval(timer));
  });
  expect(answers).toMatchObject([{ status: 413 }]);
});

test("answers Expect with 100, unless the body will be refused", async () => {
  const [interim, final] = await ask(
    socket => {
      socket.write(`${JSON_HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
      socket.once("data", () => socket.write("{}"));
    },
    { answers: 2 },
  );
  expect([interim?.status, final?.status]).toEqual([100, 200]);
  const large = await one(`${JSON_HEAD}Expect: 100-continue\r\nContent-Length: 9999\r\n\r\n`);
  expect(large.status).toBe(413);
  expect(await one(`${JSON_HEAD}Expect: a-pony\r\nContent-Length: 2\r\n\r\n{}`)).toMatchObject({
    status: 417,
  });
});

test.each([
  ["a bad request line", "HELLO\r\n\r\n", 400],
  ["an unknown method", get("/items/1", "BREW"), 400],
  ["a TLS hello", Buffer.from("16030100c8010000c40303", "hex"), 400],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["headers of 1 MiB", `GET / HTTP/1.1\r\nHost: shop\r\nX-Long: ${"x".repeat(1024 * 1024)}\r\n\r\n`, 431],
  ["a header without a name", "GET / HTTP/1.1\r\nHost: shop\r\n: x\r\n\r\n", 400],
  ["no Host", "GET /items/1 HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", "GET /items/1 HTTP/1.1\r\nHost: shop\r\nhost: evil\r\n\r\n", 400],
  ["the same Host twice", "GET /items/1 HTTP/1.1\r\nHost: shop\r\nHost: shop\r\n\r\n", 400],
  ["two Hosts in HTTP/1.0", "GET /items/1 HTTP/1.0\r\nHost: shop\r\nHost: evil\r\n\r\n", 400],
  ["a tunnel", "CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n", 405],
  ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
  ["a length below zero", `${HEAD}Content-Length: -1\r\n\r\n`, 400],
  ["a length beside chunks", `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  [
    "a compressed transfer encoding",
    `${JSON_HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    501,
  ],
  ["a broken chunk", `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n`, 400],
])("answers %s with a problem", async (_what, bytes, status) => {
  const before = handled;
  expect(await one(bytes)).toMatchObject({ status });
  expect(handled).toBe(before);
});

test("answers pipelined requests in order, broken bytes last", async () => {
  gate = Promise.withResolvers<void>();
  const both = ask(`${get("/gated")}${get("/items/2")}GARBAGE\r\n\r\n`);
  await once(server, "clientError");
  gate.resolve();
  const answers = await both;
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
  expect(answers.map(({ body }) => body).slice(0, 2)).toEqual(['"late"', '{"id":"2"}']);
});

test("reads bytes beyond the announced length as another request", async () => {
  const answers = await ask(`${JSON_HEAD}Content-Length: 2\r\n\r\n{}{}`);
  expect(answers.map(({ status }) => status)).toEqual([200, 400]);
});

test.each([
  ["a compressed body", post("{}", "Content-Encoding: gzip\r\n"), 415],
  ["another charset", post("{}", "", "application/json; charset=iso-8859-1"), 415],
  ["a form", post("a=1", "", "application/x-www-form-urlencoded"), 415],
  ["bytes that are not UTF-8", post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400],
  ["JSON cut in half", post('{"a":'), 400],
  ["a list as the body", post("[]"), 400],
  ["an empty body", post(""), 400],
  ["a path with a broken percent", get("/items/%E0%A4%A"), 400],
  ["a path named __proto__", get("/__proto__/constructor"), 404],
  ["the path */", get("*", "OPTIONS"), 404],
  ["favicon.ico, to which the framework would answer an empty body", get("/favicon.ico"), 404],
  ["another method on a known path", get("/echo", "DELETE"), 405],
])("answers %s with a problem and keeps the connection", async (_what, bytes, status) => {
  const answers = await ask(Buffer.concat([Buffer.from(bytes), Buffer.from(get("/items/next"))]), {
    answers: 2,
  });
  // The door refuses a compressed body unread, so that connection cannot be used again.
  const refusedUnread = answers[0]?.headers["connection"] === "close";
  expect(answers.map(answer => answer.status)).toEqual(refusedUnread ? [status] : [status, 200]);
});

test("answers HEAD as GET without the body", async () => {
  const head = await one(get("/items/a%2Fb", "HEAD"), { head: true });
  expect(head).toMatchObject({ status: 200, headers: { "content-length": String('{"id":"a/b"}'.length) } });
});

test("answers OPTIONS with Allow", async () => {
  expect(await one(get("/items/1", "OPTIONS"))).toMatchObject({
    status: 204,
    headers: { allow: "GET, HEAD, OPTIONS" },
  });
});

test("routes an absolute target by its path", async () => {
  expect(await one(get("http://elsewhere/items/3?x=1"))).toMatchObject({ body: '{"id":"3"}' });
  expect(await one(get("http://elsewhere?next=/items/3"))).toMatchObject({ status: 404 });
});

test("hides an internal error from the client and reports it", async () => {
  errors.length = 0;
  for (const path of ["/throws", "/cycle", "/split", "/refused"]) {
    expect(await one(get(path))).toMatchObject({ status: 500 });
  }
  expect(errors.map(String)).toEqual([
    "Error: the password is swordfish",
    expect.stringContaining("TypeError: Converting circular structure"),
    expect.stringContaining("Invalid character in header content"),
    expect.stringContaining("Invalid character in header content"),
  ]);
});

test("answers random requests, and never with 500", async () => {
  const noLineBreak = /^[^\r\n ?#]*$/;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...http.METHODS.filter(method => method !== "CONNECT")),
      fc.oneof(
        fc.constant("/echo"),
        fc.string({ unit: "binary-ascii" }).filter(path => noLineBreak.test(path)),
      ),
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.uint8Array().map(bytes => Buffer.from(bytes).toString("latin1")),
      ),
      async (method, path, body) => {
        const head = `${method} /${path.replace(/^\//, "")} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n`;
        const bytes = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
        const answer = await one(Buffer.from(bytes, "latin1"), { head: method === "HEAD" });
        expect(answer.status).not.toBe(500);
      },
    ),
    { numRuns: 300 },
  );
});
