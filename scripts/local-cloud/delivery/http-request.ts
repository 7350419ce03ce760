import { randomInt } from "node:crypto";
import type { Identity } from "../identity.ts";
import { invalidArgument } from "../rpc-error.ts";

/** The account that an OIDC token names, and the audience of the token. Default: the called address. */
export interface OidcToken {
  serviceAccountEmail?: string;
  audience?: string;
}

/** The fields that a task's HttpRequest and a job's HttpTarget have in common. */
export interface WireHttpRequest {
  httpMethod?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  oidcToken?: OidcToken;
  oauthToken?: unknown;
}

/** Methods whose request may have a body. */
const METHODS_WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** Returns the `authorization` header of a call as an account; no header without an account. */
export async function authorizationOf(
  token: OidcToken | undefined,
  { url, nowMs, identity }: { url: string; nowMs: number; identity: Identity },
): Promise<Record<string, string>> {
  const email = token?.serviceAccountEmail;
  if (!email) return {};
  const signed = await identity.token({ email, audience: token.audience || url, nowMs });
  return { authorization: `Bearer ${signed}` };
}

/** Returns the headers that a user has set, in lower case, without the headers that the service sets. */
export function userHeaders(headers: Record<string, string>, serviceHeaders: RegExp): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !serviceHeaders.test(name));
  return Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value]));
}

/** Tells whether a text is an http or https address. */
export function isHttpUrl(text: string): boolean {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  return protocol === "http:" || protocol === "https:";
}

/** @throws RpcError INVALID_ARGUMENT when a method without a body has one; `field` names the body in the message */
export function checkBodyMethod(field: string, method: string, body: Buffer | undefined): void {
  if (body?.length && !METHODS_WITH_BODY.has(method))
    throw invalidArgument(`${field} is set, but a ${method} request has none.`);
}

/** Returns the bytes of all header names and values. */
export function headerBytes(headers: Record<string, string>): number {
  return Buffer.byteLength(Object.entries(headers).flat().join(""));
}

/** Returns a new resource id: a long number, as Google's own ids are. */
export function freshId(): string {
  return `${randomInt(1e9, 1e10)}${randomInt(1e9, 1e10)}`;
}
