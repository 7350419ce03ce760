import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { PubSub } from "@google-cloud/pubsub";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { startTestPubSub } from "../../../local-cloud/test/pubsub.ts";
import { googleHost } from "../target.ts";

/** The emulator behind one test. */
export interface EmulatorUnderTest {
  client: PubSub;
  project: string;
  host: string;
  nowMs(): number;
  /** Moves the clock of the embedded service until all due work is done. With Google's, waits in real time. */
  pass(ms: number): Promise<void>;
  /** Returns the claims of a token. Tokens of the embedded service are verified as well. */
  claims(token: string, audience: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Returns Google's emulator when its address is set, an embedded one otherwise. */
export async function emulatorUnderTest(): Promise<EmulatorUnderTest> {
  const host = googleHost("pubsub");
  return host === undefined ? startEmbedded() : connectToGoogle(host);
}

async function startEmbedded(): Promise<EmulatorUnderTest> {
  const { service, client, clock, identity, advance, close } = await startTestPubSub();
  return {
    client,
    project: "demo-test",
    host: service.host,
    nowMs: clock.now,
    pass: advance,
    claims: async (token, audience) =>
      (await jwtVerify(token, createLocalJWKSet(identity.jwks), { audience })).payload,
    close,
  };
}

function connectToGoogle(host: string): EmulatorUnderTest {
  process.env["METADATA_SERVER_DETECTION"] = "none";
  const project = `demo-${randomUUID().slice(0, 8)}`;
  return {
    client: new PubSub({ projectId: project, apiEndpoint: host, emulatorMode: true }),
    project,
    host,
    nowMs: Date.now,
    pass: ms => wait(ms),
    claims: async token => decodeJwt(token),
    close: async () => undefined,
  };
}
