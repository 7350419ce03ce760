import type { IncomingHttpHeaders } from "node:http";
import type { JSONWebKeySet, JWTPayload } from "jose";
import { compactVerify, createLocalJWKSet, decodeJwt } from "jose";
import { MINUTE_MS } from "../values/durations.ts";
import { Problem } from "./problem.ts";

export type CallerAuthOptions = {
  /**
   * "iam": Cloud Run has verified the token and replaced its signature, so only the claims are checked.
   * "verify": no IAM is in front (local), so the signature is checked too, against `jwks`.
   */
  readonly mode: "iam" | "verify";
  /** The JSON Web Key Set of the token's issuer; required in "verify" mode. */
  readonly jwks?: object;
  readonly nowMs: () => number;
};

export type ExpectedCaller = {
  /** The accepted audiences of the token: the function's URL, or an agreed name. */
  readonly audiences: readonly string[];
  /** The service accounts that may call. */
  readonly emails: readonly string[];
};

/**
 * Lets a caller pass, or throws.
 * @throws Problem 401 without a valid token for this audience
 * @throws Problem 403 for the valid token of another account
 */
type VerifyCaller = (headers: IncomingHttpHeaders, expected: ExpectedCaller) => Promise<void>;

export type CallerAuth = { readonly verifyCaller: VerifyCaller };

type Claims = {
  /** 0 when the token names no such time: Google's tokens are valid at once. */
  readonly notBeforeMs: number;
  readonly expiresAtMs: number;
  readonly audiences: readonly string[];
  /** Undefined when the issuer has not verified the address. */
  readonly email: string | undefined;
};

const ISSUERS = ["https://accounts.google.com", "accounts.google.com"];
/** Accepted difference between the issuer's clock and this one. */
const LEEWAY_MS = MINUTE_MS;
/** Max cached tokens. Pub/Sub and Tasks use one token for up to an hour: a few callers with a few renewals fit. */
const MAX_CACHED_TOKENS = 100;

/**
 * Creates the caller authentication: only Pub/Sub, Cloud Tasks and Cloud Scheduler pass, by their OIDC token.
 * @throws Error at once in "verify" mode without keys
 */
export function createCallerAuth({ mode, jwks, nowMs }: CallerAuthOptions): CallerAuth {
  const keys = mode === "verify" ? keysFrom(jwks) : undefined;
  const known = new Map<string, Claims>();

  const claimsOf = async (token: string): Promise<Claims> => {
    const cached = known.get(token);
    if (cached !== undefined) return cached;
    const claims = await readClaims(token, keys);
    if (known.size >= MAX_CACHED_TOKENS) dropOldest(known);
    known.set(token, claims);
    return claims;
  };

  const verifyCaller: VerifyCaller = async (headers, { audiences, emails }) => {
    const token = /^Bearer ([\w.-]+)$/i.exec(authorizationIn(headers, mode))?.[1];
    if (token === undefined)
      throw unauthorized("token-missing", "Send an OIDC token: Authorization: Bearer.");
    const claims = await claimsOf(token);
    if (claims.expiresAtMs + LEEWAY_MS <= nowMs()) {
      known.delete(token);
      throw unauthorized("token-expired", "The token has expired.");
    }
    if (claims.notBeforeMs - LEEWAY_MS > nowMs()) {
      throw unauthorized("token-early", "The token is not valid yet.");
    }
    if (!claims.audiences.some(audience => audiences.includes(audience))) {
      throw unauthorized("token-audience", "The token names another audience.");
    }
    if (claims.email === undefined || !emails.includes(claims.email)) throw wrongCaller();
  };
  return { verifyCaller };
}

/**
 * The header that Cloud Run verifies when a request has both. `authorization` may then hold anything.
 * https://cloud.google.com/run/docs/authenticating/service-to-service
 */
const VERIFIED_FIRST = "x-serverless-authorization";

function authorizationIn(headers: IncomingHttpHeaders, mode: CallerAuthOptions["mode"]): string {
  const verified = mode === "iam" ? headers[VERIFIED_FIRST] : undefined;
  return String(verified ?? headers.authorization ?? "");
}

function keysFrom(jwks: object | undefined): ReturnType<typeof createLocalJWKSet> {
  if (!isKeySet(jwks))
    throw new Error('caller authentication lacks keys: expected a JSON Web Key Set in "verify" mode');
  return createLocalJWKSet(jwks);
}

function isKeySet(jwks: object | undefined): jwks is JSONWebKeySet {
  return jwks !== undefined && "keys" in jwks && Array.isArray(jwks.keys);
}

async function readClaims(token: string, keys: ReturnType<typeof keysFrom> | undefined): Promise<Claims> {
  const payload = await payloadOf(token, keys);
  const { exp, nbf = 0 } = payload;
  if (typeof exp !== "number" || typeof nbf !== "number" || !ISSUERS.includes(payload.iss ?? ""))
    throw invalid();
  return {
    notBeforeMs: nbf * 1000,
    expiresAtMs: exp * 1000,
    audiences: [payload.aud ?? []].flat(),
    // An unverified address may belong to another person.
    email:
      payload["email_verified"] === true && typeof payload["email"] === "string"
        ? payload["email"]
        : undefined,
  };
}

async function payloadOf(token: string, keys: ReturnType<typeof keysFrom> | undefined): Promise<JWTPayload> {
  try {
    // Google signs its OIDC tokens with RS256; a list of one also refuses "none" and HMAC with a public key.
    if (keys !== undefined) await compactVerify(token, keys, { algorithms: ["RS256"] });
    return decodeJwt(token);
  } catch {
    throw invalid();
  }
}

function dropOldest(tokens: Map<string, Claims>): void {
  const [oldest] = tokens.keys();
  if (oldest !== undefined) tokens.delete(oldest);
}

function invalid(): Problem {
  return unauthorized("token-invalid", "The token is not valid.");
}

function unauthorized(slug: string, detail: string): Problem {
  return new Problem({ status: 401, slug, detail, headers: { "www-authenticate": "Bearer" } });
}

function wrongCaller(): Problem {
  return new Problem({
    status: 403,
    slug: "caller-not-allowed",
    detail: "This caller may not use this function.",
  });
}
