import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { FaultyPushes, PushFaults } from "../local-cloud/faults/push-faults.ts";
import { createFaultyPushes } from "../local-cloud/faults/push-faults.ts";
import type { Identity } from "../local-cloud/identity.ts";
import type { PushConfig } from "../local-cloud/pubsub/wire.ts";
import type { Deliveries } from "./deliveries.ts";

/** Signs the pushes of Google's emulator, injects faults, and records the results. The emulator does none of these. */
export interface PushRelay {
  /** Remembers the subscription's own endpoint. @returns the relay's endpoint, which replaces that endpoint */
  endpointFor(subscription: string, config: PushConfig): string;
  close(): void;
}

export interface PushRelayOptions {
  identity: Identity;
  deliveries: Deliveries;
  faults: PushFaults;
  now: () => number;
}

/** Starts the relay between Google's emulator and the functions. */
export async function startPushRelay(options: PushRelayOptions): Promise<PushRelay> {
  const forwarder = new PushForwarder(options);
  const server = createServer((request, response) => void forwarder.answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpointFor(subscription, config) {
      forwarder.configs.set(subscription, config);
      return `http://127.0.0.1:${port}/${encodeURIComponent(subscription)}`;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Forwards each push to its subscription's own endpoint. */
class PushForwarder {
  /** Push settings by subscription. */
  readonly configs = new Map<string, PushConfig>();
  readonly #options: PushRelayOptions;
  readonly #faulty: FaultyPushes;

  constructor(options: PushRelayOptions) {
    this.#options = options;
    this.#faulty = createFaultyPushes(options.faults);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent((request.url ?? "/").slice(1));
    response.writeHead(await this.#push(name, request).catch(() => 500)).end();
  }

  /** Forwards one push and records its result. @returns the status of the function's answer; 503 without an answer */
  async #push(name: string, request: IncomingMessage): Promise<number> {
    const body = new Uint8Array(await buffer(request));
    const { pushEndpoint = "", oidcToken } = this.configs.get(name) ?? {};
    const { messageId = "" } = JSON.parse(Buffer.from(body).toString("utf8")).message;
    const headers = { "content-type": "application/json", ...(await this.#authorization(oidcToken)) };
    const forward = async (): Promise<Response | undefined> => {
      const answer = await fetch(pushEndpoint, { method: "POST", headers, body }).catch(() => undefined);
      await answer?.body?.cancel();
      return answer;
    };
    const answer = await this.#faulty.through(name, forward);
    this.#options.deliveries.answered(name, String(messageId), answer?.ok ?? false);
    return answer?.status ?? 503;
  }

  async #authorization(token: PushConfig["oidcToken"]): Promise<Record<string, string>> {
    if (!token) return {};
    const { identity, now } = this.#options;
    const { serviceAccountEmail: email = "", audience = "" } = token;
    return { authorization: `Bearer ${await identity.token({ email, audience, nowMs: now() })}` };
  }
}
