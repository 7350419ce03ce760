import { createHash } from "node:crypto";
import type { JSONWebKeySet, JWK } from "jose";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import type { Keeper } from "./storage.ts";

/** Plays Google's token service: signs the ID tokens that Pub/Sub, Cloud Tasks and Cloud Scheduler send. */
export interface Identity {
  /** The public keys, as Google serves them under https://www.googleapis.com/oauth2/v3/certs. */
  jwks: JSONWebKeySet;
  /** An ID token of the service account `email` for `audience`, good for at least 5 more minutes at `nowMs`. */
  token(request: { email: string; audience: string; nowMs: number }): Promise<string>;
}

const ISSUER = "https://accounts.google.com";
const LIFETIME_SECONDS = 3600;
/** Google's libraries also stop using a token five minutes before it expires. */
const SPARE_SECONDS = 300;

const ALGORITHM = "RS256";

const KIND = "identity";
const KEY = "signing key";

/**
 * Signs with the key that was kept, or with a fresh one: functions that outlive a restart of the services go on to
 * let its callers in. A fresh one is made in the thread pool, so start the rest of the local runtime meanwhile.
 */
export async function createIdentity(keeper?: Keeper): Promise<Identity> {
  const kept = keeper?.all<JWK>(KIND).find(({ key }) => key === KEY)?.value;
  const privateJwk = kept ?? (await freshKey());
  keeper?.put(KIND, KEY, privateJwk);
  const privateKey = await importJWK(privateJwk, ALGORITHM);
  const { kty, n, e } = privateJwk;
  const publicJwk = { kty, n, e } as JWK;
  const kid = createHash("sha1").update(String(n)).digest("hex");
  const issued = new Map<string, { token: Promise<string>; fromMs: number; untilMs: number }>();

  function sign(email: string, audience: string, iat: number): Promise<string> {
    const sub = accountNumber(email);
    return new SignJWT({ email, email_verified: true, azp: sub })
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: "JWT" })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt(iat)
      .setExpirationTime(iat + LIFETIME_SECONDS)
      .sign(privateKey);
  }

  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }] },
    token({ email, audience, nowMs }) {
      const key = JSON.stringify([email, audience]);
      const known = issued.get(key);
      if (known && known.fromMs <= nowMs && nowMs < known.untilMs) return known.token;
      const iat = Math.floor(nowMs / 1000);
      const token = sign(email, audience, iat);
      issued.set(key, {
        token,
        fromMs: iat * 1000,
        untilMs: (iat + LIFETIME_SECONDS - SPARE_SECONDS) * 1000,
      });
      return token;
    },
  };
}

async function freshKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true });
  return exportJWK(privateKey);
}

/** Google's subject is the account's 21-digit number; ours is derived, so that it stays the same. */
function accountNumber(email: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(email).digest("hex").slice(0, 16)}`);
  return `1${digits.toString().padStart(20, "0")}`;
}
