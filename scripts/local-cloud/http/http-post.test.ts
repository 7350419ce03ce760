import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { HttpTarget } from "../test/http-target.ts";
import { startTarget } from "../test/http-target.ts";
import type { HttpSender } from "./http-post.ts";
import { createHttpSender } from "./http-post.ts";

const call = { headers: { "x-test": "yes" }, body: "hello", timeoutMs: 5000 };

let sender: HttpSender;
let target: HttpTarget | undefined;
beforeEach(() => {
  sender = createHttpSender();
});
afterEach(async () => {
  sender.close();
  await target?.close();
  target = undefined;
});

test("sends method, headers and body, and returns status and excerpt", async () => {
  target = await startTarget((_, response) => {
    response.writeHead(418).end("x".repeat(5000));
    return undefined;
  });
  const answer = await sender.send({ ...call, method: "PUT", url: `${target.url}/path?q=1` });
  expect(answer).toEqual({ status: 418, excerpt: "x".repeat(1000) });
  expect(target.calls[0]).toMatchObject({ method: "PUT", path: "/path?q=1", body: "hello" });
  expect(target.calls[0]?.headers).toMatchObject({ "x-test": "yes", "content-length": "5" });
});

test("does not follow a redirect", async () => {
  target = await startTarget((_, response) => {
    response.writeHead(302, { location: "/elsewhere" }).end();
    return undefined;
  });
  expect((await sender.send({ ...call, url: target.url })).status).toBe(302);
});

test("fails when no answer comes before the timeout", async () => {
  target = await startTarget(() => undefined);
  await expect(sender.send({ ...call, url: target.url, timeoutMs: 40 })).rejects.toThrow(
    "no answer within 0.04 s",
  );
});

test("applies each call's own timeout on a shared connection", async () => {
  const firstTimeoutMs = 150;
  target = await startTarget(async () => {
    if (target && target.calls.length > 1)
      await new Promise(resolve => setTimeout(resolve, 2 * firstTimeoutMs));
    return 204;
  });
  const { url } = target;
  expect((await sender.send({ ...call, url, timeoutMs: firstTimeoutMs })).status).toBe(204);
  expect((await sender.send({ ...call, url })).status).toBe(204);
});

test("fails when the answer begins but does not end before the timeout", async () => {
  target = await startTarget((_, response) => {
    response.writeHead(200, { "content-length": "100" }).write("only a part");
    return undefined;
  });
  await expect(sender.send({ ...call, url: target.url, timeoutMs: 40 })).rejects.toThrow();
});

test("sends again when the receiver has closed the idle connection", async () => {
  let connections = 0;
  const server = createServer(socket => {
    connections += 1;
    const isFirst = connections === 1;
    let requests = 0;
    socket.on("error", () => undefined);
    socket.on("data", () => {
      requests += 1;
      if (isFirst && requests === 2) socket.resetAndDestroy();
      else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect((await sender.send({ ...call, url })).status).toBe(200);
    expect((await sender.send({ ...call, url })).status).toBe(200);
    expect(connections).toBe(2);
  } finally {
    sender.close();
    await new Promise(resolve => server.close(resolve));
  }
});

test("rejects the calls in progress when the sender is closed", async () => {
  target = await startTarget(() => undefined);
  const sending = sender.send({ ...call, url: target.url });
  const rejected = expect(sending).rejects.toThrow("stopped");
  await target.received(1);
  sender.close();
  await rejected;
});

test("does not send again once the receiver has begun its answer", async () => {
  let requests = 0;
  const server = createServer(socket => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      requests += 1;
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      else socket.write("HTTP/1.1 200 OK\r\n", () => socket.resetAndDestroy());
    });
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect((await sender.send({ ...call, url })).status).toBe(200);
    await expect(sender.send({ ...call, url })).rejects.toThrow();
    expect(requests).toBe(2);
  } finally {
    sender.close();
    await new Promise(resolve => server.close(resolve));
  }
});

test("reuses connections, one for each call in progress", async () => {
  const ports = new Set<number | undefined>();
  target = await startTarget((_, response) => {
    ports.add(response.socket?.remotePort);
    return 204;
  });
  const { url } = target;
  await Promise.all([sender.send({ ...call, url }), sender.send({ ...call, url })]);
  for (let index = 0; index < 5; index += 1) await sender.send({ ...call, url });
  expect(ports.size).toBe(2);
});

test("sends bytes unchanged and text as UTF-8", async () => {
  target = await startTarget();
  const { url } = target;
  await sender.send({ ...call, url, body: Buffer.from("bytes ✓") });
  await sender.send({ ...call, url, body: "text ✓" });
  expect(target.calls.map(({ body }) => body)).toEqual(["bytes ✓", "text ✓"]);
});

test("refuses a header value with a line break", async () => {
  target = await startTarget();
  const headers = { "x-test": "yes\r\nx-other: no" };
  await expect(sender.send({ ...call, url: target.url, headers })).rejects.toThrow("Invalid character");
  expect(target.calls).toEqual([]);
});

test("reaches a receiver by name and by each local address", async () => {
  const own = Object.values(networkInterfaces()).flatMap(each => each ?? []);
  const hosts = own.filter(({ internal }) => internal).map(({ address }) => address);
  expect(hosts).toContain("127.0.0.1");
  const server = createHttpServer((_, response) => response.writeHead(204).end());
  for (const host of hosts) {
    await new Promise<void>(resolve => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    const names = host === "127.0.0.1" ? [host, "localhost"] : [host.includes(":") ? `[${host}]` : host];
    for (const name of names)
      expect((await sender.send({ ...call, url: `http://${name}:${port}/` })).status).toBe(204);
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});
