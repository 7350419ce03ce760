import { once } from "node:events";
import type { Server } from "node:http";
import http from "node:http";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, expect, test } from "@jest/globals";
import { get, portOf, post, speak } from "../../scripts/test/worlds/connection.ts";
import { readJsonObject } from "../http/json-body.ts";
import { httpFunction } from "./http-function.ts";

// All test files of a worker share Node's own modules. An earlier file may have declared a function without a server;
// the first server of this file serves that function.
httpFunction("before", {});
getTestServer("before");
const realCreateServer = http.createServer;
const servers: Server[] = [];

afterAll(() => {
  for (const each of servers) each.close().closeAllConnections();
});

async function listening(created: Server): Promise<Server> {
  servers.push(created.listen(0, "127.0.0.1"));
  await once(created, "listening");
  return created;
}

test("restores http.createServer and leaves other servers alone", async () => {
  expect(http.createServer).toBe(realCreateServer);
  httpFunction("replaced", {});
  httpFunction("first", { "GET /who": async () => ({ status: 200, body: "first" }) });
  const plain = await listening(http.createServer((_request, response) => response.end("plain")));
  const first = await listening(getTestServer("first"));
  httpFunction("second", { "GET /who": async () => ({ status: 200, body: "second" }) });
  const second = await listening(getTestServer("second"));
  expect(http.createServer).toBe(realCreateServer);
  const who = async (each: Server) => (await fetch(`http://127.0.0.1:${portOf(each)}/who`)).text();
  expect(await Promise.all([plain, first, second].map(who))).toEqual(["plain", '"first"', '"second"']);
});

test("gives the same answers when the host calls the function directly", async () => {
  const declare = () =>
    httpFunction(
      "echo",
      { "POST /echo": async request => ({ status: 200, body: readJsonObject(request) }) },
      { maxBodyBytes: 1024 },
    );
  expect(declare().declaration).toEqual({
    kind: "http",
    name: "echo",
    prefixes: ["/echo"],
    routes: expect.arrayContaining(["POST /echo"]),
  });
  const direct = await listening(getTestServer("echo"));
  process.env["FUNCTIONS_EMULATOR"] = "true";
  declare();
  delete process.env["FUNCTIONS_EMULATOR"];
  const hosted = await listening(getTestServer("echo"));
  const answerOf = async (each: Server, bytes: string | Buffer) => {
    const [answer] = await speak(each, bytes, { answers: 1 });
    const { date: _, connection: __, "keep-alive": ___, ...headers } = answer?.headers ?? {};
    return { ...answer, headers };
  };
  const head = "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n";
  const tooLarge = `${head}401\r\n${"x".repeat(0x401)}\r\n0\r\n\r\n`;
  const odd = [
    get("/nowhere"),
    get("/echo", "PUT"),
    get("/echo", "OPTIONS"),
    post("{}", "", "text/plain"),
    tooLarge,
  ];
  for (const bytes of [post('{"a":1}'), post("[]"), ...odd]) {
    expect(await answerOf(hosted, bytes)).toEqual(await answerOf(direct, bytes));
  }
  expect(await answerOf(hosted, tooLarge)).toMatchObject({ status: 413 });
});
