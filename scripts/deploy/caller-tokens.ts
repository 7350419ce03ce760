import type { JWTPayload } from "jose";
import { generateKeyPair, SignJWT } from "jose";
import { clock } from "../../shared/clock.ts";
import { config, functionUrl } from "../../shared/config.ts";

/** Who looks at the signature of a caller's token: the function itself, or Cloud Run's IAM before it. */
export type Mode = "verify" | "iam";

type Headers = Readonly<Record<string, string>>;
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

/** A caller that must be turned away. */
export interface Stranger {
  what: string;
  status: 401 | 403;
  /** In the other mode it cannot come this far, or it is who it says. */
  only?: Mode;
  headersFor(functionName: string, mode: Mode): Promise<Headers> | Headers;
}

export interface Tokens {
  publicKey: Pair["publicKey"];
  /** What the invoker sends to a function, as the function gets it in this mode. */
  right(functionName: string, mode: Mode): Promise<Headers>;
  strangers: readonly Stranger[];
}

/** The id of the key that signs: whoever verifies looks it up. */
export const KEY_ID = "door-tokens";

const nowSeconds = () => Math.floor(clock.now() / 1000);
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const account = (name: string) => `${name}@${config().projectId}.iam.gserviceaccount.com`;
const anotherThan = (name: string) => (name === "sweep" ? "archive" : "sweep");

/** As Cloud Run hands a token on. */
const stripped = (token: string) => token.replace(/[^.]*$/, "SIGNATURE_REMOVED_BY_GOOGLE");

/** What Google says about the deployment's own account when that calls a function. */
const claimsFor = (functionName: string): JWTPayload => ({
  iss: "https://accounts.google.com",
  aud: functionUrl(functionName),
  iat: nowSeconds(),
  exp: nowSeconds() + 3600,
  email: config().invokerEmail,
  email_verified: true,
});

/** Plays whoever makes tokens: Google, others whom Google knows, and forgers. */
export async function createTokens(): Promise<Tokens> {
  const [ours, theirs] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const sign = (functionName: string, changes: object = {}, { privateKey } = ours): Promise<string> =>
    new SignJWT({ ...claimsFor(functionName), ...changes })
      .setProtectedHeader({ alg: "RS256", kid: KEY_ID })
      .sign(privateKey);
  const bearer = async (functionName: string, mode: Mode, changes?: object): Promise<Headers> => {
    const token = await sign(functionName, changes);
    return { authorization: `Bearer ${mode === "iam" ? stripped(token) : token}` };
  };
  const wrong = (what: string, status: 401 | 403, changes: (name: string) => object): Stranger => ({
    what,
    status,
    headersFor: (name, mode) => bearer(name, mode, changes(name)),
  });
  const forged = (what: string, forge: (name: string) => Promise<string> | string): Stranger => ({
    what,
    status: 401,
    only: "verify",
    headersFor: async name => ({ authorization: `Bearer ${await forge(name)}` }),
  });
  const headers = (what: string, headersOf: Headers): Stranger => ({
    what,
    status: 401,
    headersFor: () => headersOf,
  });
  return {
    publicKey: ours.publicKey,
    right: bearer,
    strangers: [
      headers("no header", {}),
      headers("no Bearer", { authorization: "Basic aW52b2tlcjp4" }),
      headers("Bearer and nothing", { authorization: "Bearer" }),
      headers("no token", { authorization: "Bearer let-me-in" }),
      wrong("another function's address", 401, name => ({ aud: functionUrl(anotherThan(name)) })),
      wrong("its address with a path", 401, name => ({ aud: `${functionUrl(name)}/release` })),
      wrong("no audience", 401, () => ({ aud: undefined })),
      wrong("another issuer", 401, () => ({ iss: "https://accounts.example.com" })),
      wrong("expired", 401, () => ({ exp: nowSeconds() - 120 })),
      wrong("without an end", 401, () => ({ exp: undefined })),
      wrong("not valid yet", 401, () => ({ nbf: nowSeconds() + 120 })),
      wrong("another deployment's invoker", 403, () => ({
        email: "pulsecart-invoker@somebody-else.iam.gserviceaccount.com",
      })),
      wrong("the account it runs as itself", 403, name => ({ email: account(`pulsecart-${name}`) })),
      wrong("Pub/Sub's own agent", 403, () => ({ email: "service-1@gcp-sa-pubsub.iam.gserviceaccount.com" })),
      wrong("a person", 403, () => ({ email: "ann@example.com" })),
      wrong("a person's token as gcloud makes it", 401, () => ({
        email: "ann@example.com",
        aud: "32555940559.apps.googleusercontent.com",
      })),
      wrong("an address that nobody verified", 403, () => ({ email_verified: false })),
      wrong("no address", 403, () => ({ email: undefined })),
      forged("a signature taken away", async name => stripped(await sign(name))),
      forged("a signature of somebody else", name => sign(name, {}, theirs)),
      forged("no algorithm", name => `${base64url({ alg: "none" })}.${base64url(claimsFor(name))}.`),
      forged("other claims than were signed", async name =>
        (await sign(name, { email: "ann@example.com" })).replace(
          /\.[^.]*\./,
          `.${base64url(claimsFor(name))}.`,
        ),
      ),
      {
        what: "a right token beside the one that IAM has verified",
        status: 403,
        only: "iam",
        headersFor: async name => ({
          ...(await bearer(name, "iam")),
          "x-serverless-authorization": `Bearer ${stripped(await sign(name, { email: "ann@example.com" }))}`,
        }),
      },
      {
        what: "a right token where only IAM would look",
        status: 401,
        only: "verify",
        headersFor: async name => ({ "x-serverless-authorization": `Bearer ${await sign(name)}` }),
      },
    ],
  };
}
