import type { JWTPayload } from "jose";
import { generateKeyPair, SignJWT } from "jose";
import { clock } from "../../shared/clock.ts";
import { config, functionUrl } from "../../shared/config.ts";

/** The verifier of a caller's token: the function itself, or Cloud Run's IAM in front of it. */
export type Mode = "verify" | "iam";

type Headers = Readonly<Record<string, string>>;
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A caller that a function must refuse. */
export interface Stranger {
  /** The fault of its request. */
  what: string;
  status: 401 | 403;
  /** The one mode in which this caller must be refused. Absent: both modes. */
  only?: Mode;
  headersFor(functionName: string, mode: Mode): Promise<Headers> | Headers;
}

export interface Tokens {
  publicKey: Pair["publicKey"];
  /** Returns the headers of the invoker's request, as the function receives them in this mode. */
  right(functionName: string, mode: Mode): Promise<Headers>;
  strangers: readonly Stranger[];
}

/** The id of the signing key. The verifier looks the key up by it. */
export const KEY_ID = "caller-tokens";

const nowSeconds = () => Math.floor(clock.now() / 1000);
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const account = (name: string) => `${name}@${config().projectId}.iam.gserviceaccount.com`;
const anotherThan = (name: string) => (name === "sweep" ? "archive" : "sweep");

/** Replaces the signature of a token, as Cloud Run does. */
const stripped = (token: string) => token.replace(/[^.]*$/, "SIGNATURE_REMOVED_BY_GOOGLE");

/** Returns the claims of Google's token for the deployment's invoker. */
const claimsFor = (functionName: string): JWTPayload => ({
  iss: "https://accounts.google.com",
  aud: functionUrl(functionName),
  iat: nowSeconds(),
  exp: nowSeconds() + 3600,
  email: config().invokerEmail,
  email_verified: true,
});

type Sign = (functionName: string, changes?: object, pair?: Pair) => Promise<string>;

/** Creates tokens of Google, of other accounts that Google knows, and of forgers. */
export async function createTokens(): Promise<Tokens> {
  const [ours, theirs] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const sign: Sign = (functionName, changes = {}, { privateKey } = ours) =>
    new SignJWT({ ...claimsFor(functionName), ...changes })
      .setProtectedHeader({ alg: "RS256", kid: KEY_ID })
      .sign(privateKey);
  return {
    publicKey: ours.publicKey,
    right: (functionName, mode) => bearer(sign, { functionName, mode }),
    strangers: [
      ...strangersWithoutToken(),
      ...strangersWithWrongClaims(sign),
      ...forgers(sign, theirs),
      ...strangersBesideIam(sign),
    ],
  };
}

async function bearer(
  sign: Sign,
  { functionName, mode, changes }: { functionName: string; mode: Mode; changes?: object },
): Promise<Headers> {
  const token = await sign(functionName, changes);
  return { authorization: `Bearer ${mode === "iam" ? stripped(token) : token}` };
}

function strangersWithoutToken(): Stranger[] {
  const headers = (what: string, headersOf: Headers): Stranger => ({
    what,
    status: 401,
    headersFor: () => headersOf,
  });
  return [
    headers("no header", {}),
    headers("no Bearer", { authorization: "Basic aW52b2tlcjp4" }),
    headers("Bearer without a token", { authorization: "Bearer" }),
    headers("a Bearer value that is no token", { authorization: "Bearer let-me-in" }),
  ];
}

/** Returns callers with a valid signature, and claims that a function must refuse. */
function strangersWithWrongClaims(sign: Sign): Stranger[] {
  const wrong = (what: string, status: 401 | 403, changes: (name: string) => object): Stranger => ({
    what,
    status,
    headersFor: (functionName, mode) => bearer(sign, { functionName, mode, changes: changes(functionName) }),
  });
  return [
    wrong("another function's address", 401, name => ({ aud: functionUrl(anotherThan(name)) })),
    wrong("its address with a path", 401, name => ({ aud: `${functionUrl(name)}/release` })),
    wrong("no audience", 401, () => ({ aud: undefined })),
    wrong("another issuer", 401, () => ({ iss: "https://accounts.example.com" })),
    wrong("expired", 401, () => ({ exp: nowSeconds() - 120 })),
    wrong("without an end", 401, () => ({ exp: undefined })),
    wrong("not valid yet", 401, () => ({ nbf: nowSeconds() + 120 })),
    wrong("another deployment's invoker", 403, () => ({
      email: "pulsecart-invoker@another-project.iam.gserviceaccount.com",
    })),
    wrong("the function's own account", 403, name => ({ email: account(`pulsecart-${name}`) })),
    wrong("Pub/Sub's own agent", 403, () => ({ email: "service-1@gcp-sa-pubsub.iam.gserviceaccount.com" })),
    wrong("a user account", 403, () => ({ email: "ann@example.com" })),
    wrong("a token that gcloud made for a user account", 401, () => ({
      email: "ann@example.com",
      aud: "32555940559.apps.googleusercontent.com",
    })),
    wrong("an unverified email", 403, () => ({ email_verified: false })),
    wrong("no email", 403, () => ({ email: undefined })),
  ];
}

function forgers(sign: Sign, theirs: Pair): Stranger[] {
  const forged = (what: string, forge: (name: string) => Promise<string> | string): Stranger => ({
    what,
    status: 401,
    only: "verify",
    headersFor: async name => ({ authorization: `Bearer ${await forge(name)}` }),
  });
  return [
    forged("a removed signature", async name => stripped(await sign(name))),
    forged("a signature of another key", name => sign(name, {}, theirs)),
    forged("no algorithm", name => `${base64url({ alg: "none" })}.${base64url(claimsFor(name))}.`),
    forged("claims that were changed after signing", async name =>
      (await sign(name, { email: "ann@example.com" })).replace(
        /\.[^.]*\./,
        `.${base64url(claimsFor(name))}.`,
      ),
    ),
  ];
}

/** Returns callers with a valid token in a header that the other mode reads. */
function strangersBesideIam(sign: Sign): Stranger[] {
  return [
    {
      what: "a valid token beside the token that IAM verified",
      status: 403,
      only: "iam",
      headersFor: async name => ({
        ...(await bearer(sign, { functionName: name, mode: "iam" })),
        "x-serverless-authorization": `Bearer ${stripped(await sign(name, { email: "ann@example.com" }))}`,
      }),
    },
    {
      what: "a valid token in the header that only IAM reads",
      status: 401,
      only: "verify",
      headersFor: async name => ({ "x-serverless-authorization": `Bearer ${await sign(name)}` }),
    },
  ];
}
