import { createHash } from "node:crypto";
import type { JSONWebKeySet, JWK } from "jose";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import type { Keeper } from "./storage.ts";

/** Plays Google's token service: signs the ID tokens that Pub/Sub, Cloud Tasks and Cloud Scheduler send. */
export interface Identity {
  /** The public keys, as Google serves them under https://www.googleapis.com/oauth2/v3/certs. */
  jwks: JSONWebKeySet;
  /** Returns an ID token of the service account `email` for `audience`, valid for 5 more minutes or longer at `nowMs`. */
  token(request: { email: string; audience: string; nowMs: number }): Promise<string>;
}

const ISSUER = "https://accounts.google.com";
const LIFETIME_SECONDS = 3600;
/** Remaining lifetime below which a token is replaced: Google's libraries also stop five minutes before the expiry. */
const SPARE_SECONDS = 300;

const ALGORITHM = "RS256";

const KIND = "identity";
const KEY = "signing key";

/**
 * Creates the identity with the stored key, or with a new one. A function that outlives a restart of the services
 * therefore still accepts their tokens. The thread pool makes a new key, so start the other services meanwhile.
 */
export async function createIdentity(keeper?: Keeper): Promise<Identity> {
  const stored = keeper?.all<JWK>(KIND).find(({ key }) => key === KEY)?.value;
  const privateJwk = stored ?? (await newKey());
  keeper?.put(KIND, KEY, privateJwk);
  const { kty, n, e } = privateJwk;
  const kid = createHash("sha1").update(String(n)).digest("hex");
  const publicJwk = { kty, n, e, kid, alg: ALGORITHM, use: "sig" } as JWK;
  const signer: Signer = { kid, privateKey: await importJWK(privateJwk, ALGORITHM) };
  const issued = new Map<string, IssuedToken>();
  return {
    jwks: { keys: [publicJwk] },
    token({ email, audience, nowMs }) {
      const key = JSON.stringify([email, audience]);
      const known = issued.get(key);
      if (known && known.fromMs <= nowMs && nowMs < known.untilMs) return known.token;
      const iat = Math.floor(nowMs / 1000);
      const token = sign(signer, { email, audience, iat });
      issued.set(key, {
        token,
        fromMs: iat * 1000,
        untilMs: (iat + LIFETIME_SECONDS - SPARE_SECONDS) * 1000,
      });
      return token;
    },
  };
}

interface IssuedToken {
  token: Promise<string>;
  /** The token is given out from `fromMs` (included) to `untilMs` (excluded), in milliseconds since 1970. */
  fromMs: number;
  untilMs: number;
}

interface Signer {
  kid: string;
  privateKey: Awaited<ReturnType<typeof importJWK>>;
}

function sign(
  { kid, privateKey }: Signer,
  { email, audience, iat }: { email: string; audience: string; iat: number },
): Promise<string> {
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

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true });
  return exportJWK(privateKey);
}

/** Derives the subject from the e-mail, so that it stays the same. Google's subject is the account's 21-digit number. */
function accountNumber(email: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(email).digest("hex").slice(0, 16)}`);
  return `1${digits.toString().padStart(20, "0")}`;
}
