import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readJsonObject } from "../../shared/http/json-body.ts";
import { router } from "../../shared/http/router.ts";
import { createFrontDoorServer } from "../../shared/http/server/door-server.ts";
import { until } from "../local-cloud/test/http-target.ts";
import { get, post, speak } from "../test/worlds/connection.ts";
import { createGateway } from "./gateway.ts";

const { server, serve } = createGateway();
let gate = Promise.withResolvers<void>();
let entered = 0;

const routes = router({
  "POST /echo": async request => ({ status: 200, body: { received: readJsonObject(request) } }),
  "GET /gated": async () => {
    entered += 1;
    await gate.promise;
    return { status: 200, body: "late" };
  },
});
const declaration = { kind: "http", name: "demo", prefixes: routes.prefixes, routes: [] } as const;
const local = createServer(async (request, response) => {
  const chunks: Buffer[] = await request.toArray();
  response.writeHead(200, { "content-length": 2 }).end(chunks.join(""));
});

beforeAll(async () => {
  serve([{ declaration, server: createFrontDoorServer(routes.handle) }], local);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => server.close().closeAllConnections());

const echo = "POST /echo HTTP/1.1\r\nHost: s\r\nContent-Type: application/json\r\n";
test.each([
  ["a request without Host", "GET /echo HTTP/1.1\r\n\r\n", 400],
  ["an unknown expectation", `${echo}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}`, 417],
  ["bytes that are no HTTP", "HELLO\r\n\r\n", 400],
])("answers %s with a problem", async (_what, bytes, status) => {
  const [answer] = await speak(server, bytes, { answers: 1 });
  expect(answer).toMatchObject({ status, headers: { "content-type": "application/problem+json" } });
  expect(JSON.parse(answer?.body ?? "")).toMatchObject({ status });
});

test.each([
  ["", "/echo"],
  ["http://localhost:8010", "/echo"],
  ["http://localhost:8010", "/__local/functions/demo/echo"],
])("finds the function of %s%s", async (origin, path) => {
  const absolute = post('{"a":1}').toString().replace("/echo", `${origin}${path}`);
  expect(await speak(server, absolute, { answers: 1 })).toMatchObject([
    { status: 200, body: '{"received":{"a":1}}' },
  ]);
});

test.each(["/echo", "/__local/plain"])("asks for an announced body to %s", async path => {
  const head = echo.replace("/echo", path);
  const answers = await speak(
    server,
    socket => {
      socket.write(`${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
      socket.once("data", () => socket.write("{}"));
    },
    { answers: 2 },
  );
  expect(answers.map(({ status }) => status)).toEqual([100, 200]);
});

test("survives a client that leaves within its body", async () => {
  expect(await speak(server, socket => socket.end(`${echo}Content-Length: 9\r\n\r\n{`))).toEqual([]);
});

test("answers a client that has closed its side", async () => {
  gate = Promise.withResolvers<void>();
  const connected = once(server, "connection");
  const answers = speak(server, socket => socket.end(get("/gated")));
  const [socket] = await connected;
  await once(socket, "end");
  gate.resolve();
  expect(await answers).toMatchObject([{ status: 200, body: '"late"' }]);
});

test("limits a function to 32 concurrent requests", async () => {
  gate = Promise.withResolvers<void>();
  entered = 0;
  const ask = () => speak(server, get("/gated"), { answers: 1 });
  const first = Array.from({ length: 32 }, ask);
  await until(() => entered === 32, "32 requests");
  const connected = once(server, "connection");
  const impatient = speak(server, socket => socket.write(get("/gated"), () => socket.resetAndDestroy()));
  const [socket] = await connected;
  await impatient;
  await until(() => socket.destroyed, "the connection to be gone");
  const late = Array.from({ length: 8 }, ask);
  // The limit counts public requests of one function, not the calls of Pub/Sub and Cloud Tasks.
  expect(await speak(server, get("/__local/functions/demo/echo"), { answers: 1 })).toHaveLength(1);
  expect(entered).toBe(32);
  gate.resolve();
  expect((await Promise.all([...first, ...late])).flat().map(({ status }) => status)).toEqual(
    Array(40).fill(200),
  );
  expect(entered).toBe(40);
});

test("has the header timeouts of a function's front door", () => {
  expect([server.headersTimeout, server.requestTimeout]).toEqual([10_000, 30_000]);
});
