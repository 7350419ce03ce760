import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { HttpSender } from "./http-post.ts";
import { createHttpSender } from "./http-post.ts";
import type { HttpTarget } from "./http-target.ts";
import { startTarget } from "./http-target.ts";

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

test("brings method, headers and body, and returns status and the beginning of the answer", async () => {
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

test("gives up when no answer comes in time", async () => {
  target = await startTarget(() => undefined);
  await expect(sender.send({ ...call, url: target.url, timeoutMs: 40 })).rejects.toThrow(
    "no answer within 0.04 s",
  );
});

test("gives up when the answer begins but does not end in time", async () => {
  target = await startTarget((_, response) => {
    response.writeHead(200, { "content-length": "100" }).write("only a part");
    return undefined;
  });
  await expect(sender.send({ ...call, url: target.url, timeoutMs: 40 })).rejects.toThrow();
});

test("sends again when the receiver closed an idle connection under it", async () => {
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

test("rejects what is under way when it is closed", async () => {
  target = await startTarget(() => undefined);
  const sending = sender.send({ ...call, url: target.url });
  const rejected = expect(sending).rejects.toThrow("stopped");
  await target.received(1);
  sender.close();
  await rejected;
});
