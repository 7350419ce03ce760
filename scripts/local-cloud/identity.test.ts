import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { MINUTE_MS } from "./durations.ts";
import type { Identity } from "./identity.ts";
import { createIdentity } from "./identity.ts";
import { openStorage } from "./storage.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 12, 0, 0, 500);
const request = {
  email: "invoker@demo.iam.gserviceaccount.com",
  audience: "http://127.0.0.1/f",
  nowMs: NOW_MS,
};

let identity: Identity;
beforeAll(async () => {
  identity = await createIdentity();
});

test("signs tokens that a verifier of Google's ID tokens accepts", async () => {
  const { payload, protectedHeader } = await jwtVerify(
    await identity.token(request),
    createLocalJWKSet(identity.jwks),
    {
      issuer: "https://accounts.google.com",
      audience: "http://127.0.0.1/f",
      currentDate: new Date(NOW_MS),
      algorithms: ["RS256"],
    },
  );
  expect(payload).toMatchObject({
    email: request.email,
    email_verified: true,
    iat: 1795176000,
    exp: 1795179600,
  });
  expect(payload.sub).toMatch(/^1\d{20}$/);
  expect(protectedHeader.kid).toBe(identity.jwks.keys[0]?.kid);
});

test("publishes the public half of its key only", () => {
  expect(Object.keys(identity.jwks.keys[0] ?? {}).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
});

test("returns the same token until five minutes before its expiry", async () => {
  const first = await identity.token(request);
  expect(await identity.token({ ...request, nowMs: NOW_MS + 54 * MINUTE_MS })).toBe(first);
  const second = await identity.token({ ...request, nowMs: NOW_MS + 55 * MINUTE_MS });
  expect(decodeJwt(second).exp).toBe(1795179600 + 55 * 60);
});

test("signs a token of its own for each audience and account", async () => {
  const other = await identity.token({ ...request, audience: "http://127.0.0.1/g" });
  expect(decodeJwt(other).aud).toBe("http://127.0.0.1/g");
  expect(decodeJwt(await identity.token({ ...request, email: "b@example.com" }))["email"]).toBe(
    "b@example.com",
  );
});

test("signs with the stored key after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-identity-"));
  const first = openStorage(folder);
  const { jwks } = await createIdentity(first.keeper);
  first.close();
  const second = openStorage(folder);
  const token = await (await createIdentity(second.keeper)).token(request);
  second.close();
  rmSync(folder, { recursive: true });
  const currentDate = new Date(NOW_MS);
  const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), { currentDate });
  expect(payload["email"]).toBe(request.email);
});
