import { createHash } from "node:crypto";
import type { JSONWebKeySet } from "jose";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

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

/** Makes a fresh signing key: in the thread pool, so start the rest of the local runtime meanwhile. */
export async function createIdentity(): Promise<Identity> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { modulusLength: 2048 });
  const publicJwk = await exportJWK(publicKey);
  const kid = createHash("sha1").update(String(publicJwk.n)).digest("hex");
  const issued = new Map<string, { token: Promise<string>; fromMs: number; untilMs: number }>();

  function sign(email: string, audience: string, iat: number): Promise<string> {
    const sub = accountNumber(email);
    return new SignJWT({ email, email_verified: true, azp: sub })
      .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject(sub)
      .setIssuedAt(iat)
      .setExpirationTime(iat + LIFETIME_SECONDS)
      .sign(privateKey);
  }

  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: "RS256", use: "sig" }] },
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

/** Google's subject is the account's 21-digit number; ours is derived, so that it stays the same. */
function accountNumber(email: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(email).digest("hex").slice(0, 16)}`);
  return `1${digits.toString().padStart(20, "0")}`;
}
