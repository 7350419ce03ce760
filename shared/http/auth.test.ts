import { beforeAll, expect, test } from "@jest/globals";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { createCallerAuth } from "./auth.ts";

type Key = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];

const NOW_MS = Date.UTC(2026, 10, 20);
const expected = { audiences: ["https://carts.test"], emails: ["invoker@shop.test"] };
const claims = {
  iss: "https://accounts.google.com",
  aud: "https://carts.test",
  exp: NOW_MS / 1000 + 3600,
  email: "invoker@shop.test",
  email_verified: true,
};

let ours: Key;
let theirs: Key;
let jwks: object;

beforeAll(async () => {
  const pair = await generateKeyPair("RS256", { extractable: true });
  ours = pair.privateKey;
  theirs = (await generateKeyPair("RS256")).privateKey;
  jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k1" }] };
});

const signed = (changes: object = {}, key = ours) =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(key);

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Replaces the signature, as Cloud Run does. */
const stripped = (token: string) => token.replace(/[^.]*$/, "SIGNATURE_REMOVED_BY_GOOGLE");

function call(
  mode: "iam" | "verify",
  authorization: string | undefined,
  nowMs = () => NOW_MS,
): Promise<void> {
  return createCallerAuth({ mode, jwks, nowMs }).verifyCaller({ authorization }, expected);
}

test("accepts the invoker, by signature or behind IAM", async () => {
  await call("verify", `Bearer ${await signed()}`);
  await call(
    "iam",
    `bearer ${stripped(await signed({ aud: ["x", "https://carts.test"], iss: "accounts.google.com" }))}`,
  );
});

test.each(["iam", "verify"] as const)("refuses every other token in mode %s", async mode => {
  const rows: [object, number][] = [
    [{ iss: "https://evil.test" }, 401],
    [{ iss: undefined }, 401],
    [{ aud: "https://other.test" }, 401],
    [{ aud: undefined }, 401],
    [{ exp: undefined }, 401],
    [{ exp: "never" }, 401],
    [{ exp: NOW_MS / 1000 - 60 }, 401],
    [{ nbf: NOW_MS / 1000 + 61 }, 401],
    [{ nbf: "soon" }, 401],
    [{ email: "other@shop.test" }, 403],
    [{ email: undefined }, 403],
    [{ email_verified: false }, 403],
  ];
  for (const [changes, status] of rows) {
    const token = await signed(changes);
    await expect(call(mode, `Bearer ${token}`)).rejects.toMatchObject({ status });
  }
  await call(mode, `Bearer ${await signed({ exp: NOW_MS / 1000 - 59, nbf: NOW_MS / 1000 + 60 })}`);
});

test.each([undefined, "", "Bearer", "Basic dTpw", "Bearer a b", "Bearer ...", "Bearer e30.e30.", "Bearer x"])(
  "answers 401 to the header %p",
  async authorization => {
    for (const mode of ["iam", "verify"] as const) {
      const refused = expect(call(mode, authorization)).rejects;
      await refused.toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    }
  },
);

test("refuses a token without the issuer's own signature", async () => {
  const samePair = await importJWK(await exportJWK(ours), "PS256");
  const hmac = new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", kid: "k1" })
    .sign(Buffer.from(JSON.stringify(jwks)));
  const forged = [
    await signed({}, theirs),
    await new SignJWT(claims).setProtectedHeader({ alg: "PS256", kid: "k1" }).sign(samePair),
    `${part({ alg: "none" })}.${part(claims)}.`,
    `${part({ alg: "none" })}.${part(claims)}.AA`,
    await hmac,
    stripped(await signed()),
    (await signed()).replace(/\.[^.]*\./, `.${part({ ...claims, email: "invoker@shop.test", sub: "x" })}.`),
  ];
  for (const token of forged) {
    await expect(call("verify", `Bearer ${token}`)).rejects.toMatchObject({ status: 401 });
  }
});

test("reads the header that IAM verified only behind IAM", async () => {
  const ask = async (mode: "iam" | "verify", verified: object) =>
    createCallerAuth({ mode, jwks, nowMs: () => NOW_MS }).verifyCaller(
      {
        authorization: `Bearer ${await signed()}`,
        "x-serverless-authorization": `Bearer ${await signed(verified)}`,
      },
      expected,
    );
  await ask("iam", {});
  await expect(ask("iam", { email: "other@shop.test" })).rejects.toMatchObject({ status: 403 });
  await ask("verify", { email: "other@shop.test" });
});

test("checks time, audience and caller of a cached token again", async () => {
  let nowMs = NOW_MS;
  const { verifyCaller } = createCallerAuth({ mode: "verify", jwks, nowMs: () => nowMs });
  const headers = { authorization: `Bearer ${await signed()}` };
  await verifyCaller(headers, expected);
  await expect(verifyCaller(headers, { ...expected, audiences: ["y"] })).rejects.toMatchObject({
    status: 401,
  });
  await expect(verifyCaller(headers, { ...expected, emails: ["y"] })).rejects.toMatchObject({ status: 403 });
  nowMs += 3_660_000;
  await expect(verifyCaller(headers, expected)).rejects.toMatchObject({ slug: "token-expired" });
});

test("throws at the start without keys in verify mode", () => {
  expect(() => createCallerAuth({ mode: "verify", nowMs: () => 0 })).toThrow("JSON Web Key Set");
});
