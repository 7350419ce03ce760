import { expect, test } from "@jest/globals";
import type { HttpAnswer, HttpRequest } from "./handler.ts";
import { router } from "./router.ts";

const saying = (status: number) => async (request: HttpRequest) => ({ status, body: request.params });

const { handle, prefixes } = router({
  "GET /orders/:id": saying(201),
  "GET /orders/latest": saying(202),
  "POST /orders/:id/cancel": saying(203),
  "POST /": saying(205),
});

function send(method: string, path: string): Promise<HttpAnswer> {
  const query = new URLSearchParams();
  return handle({ method, path, query, params: {}, headers: {}, body: Buffer.alloc(0) });
}

test("lists the first segment of every route once", () => {
  expect(prefixes.toSorted()).toEqual(["/", "/orders"]);
});

test("prefers the literal path", async () => {
  expect(await send("GET", "/orders/latest")).toMatchObject({ status: 202 });
});

test("tolerates one trailing slash", async () => {
  expect(await send("GET", "/orders/ord_1/")).toMatchObject({ status: 201, body: { id: "ord_1" } });
  expect(await send("POST", "/")).toMatchObject({ status: 205 });
});

test("decodes each segment separately", async () => {
  expect(await send("GET", "/orders/a%2Fb%252F")).toMatchObject({ body: { id: "a/b%2F" } });
  expect(await send("HEAD", "/%6Frders/x")).toMatchObject({ status: 201 });
});

test("keeps hostile parameters as plain values", async () => {
  const { body } = await send("GET", "/orders/__proto__");
  expect(Object.getPrototypeOf(body)).toBeNull();
  expect(body).toEqual(Object.assign(Object.create(null), { id: "__proto__" }));
});

test.each([
  "/",
  "/orders",
  "/orders/",
  "/orders//",
  "/orders/x//",
  "//orders/x",
  "/__proto__",
  "/constructor",
  "*",
  "",
])("finds no route for GET %s", async path => {
  await expect(send("GET", path)).rejects.toMatchObject({ status: path === "/" ? 405 : 404 });
});

test("lists the methods of a path", async () => {
  await expect(send("PUT", "/orders/1")).rejects.toMatchObject({
    status: 405,
    headers: { allow: "GET, HEAD, OPTIONS" },
  });
  expect(await send("OPTIONS", "/orders/1/cancel")).toEqual({
    status: 204,
    headers: { allow: "POST, OPTIONS" },
  });
});

test.each(["/orders/%", "/%zz", "/orders/%ff"])("refuses the percent signs of %s", async path => {
  await expect(send("GET", path)).rejects.toMatchObject({ status: 400, slug: "path-encoding" });
});

test.each(["get /x", "GET x", "GET  /x", "GET"])("throws at the start for the route %p", key => {
  expect(() => router({ [key]: saying(200) })).toThrow('expected "METHOD /path/:param"');
});

test("throws at the start for two routes of one request", () => {
  expect(() => router({ "GET /a/:x": saying(200), "GET /a/:y": saying(200) })).toThrow("twice");
});
