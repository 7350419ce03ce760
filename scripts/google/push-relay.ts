import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { PushFaults } from "../local-cloud/faults/push-faults.ts";
import { createFaultyPushes } from "../local-cloud/faults/push-faults.ts";
import type { Identity } from "../local-cloud/identity.ts";
import type { PushConfig } from "../local-cloud/pubsub/wire.ts";
import type { Deliveries } from "./deliveries.ts";

/** Stands between Google's emulator and the functions: it does not sign its pushes, and tells nobody how they went. */
export interface PushRelay {
  /** What the emulator is to push to instead of the subscription's own endpoint. */
  endpointFor(subscription: string, config: PushConfig): string;
  close(): void;
}

export async function startPushRelay({
  identity,
  deliveries,
  faults,
  now,
}: {
  identity: Identity;
  deliveries: Deliveries;
  faults: PushFaults;
  now: () => number;
}): Promise<PushRelay> {
  const configs = new Map<string, PushConfig>();
  const faulty = createFaultyPushes(faults);

  async function push(name: string, request: IncomingMessage): Promise<number> {
    const body = new Uint8Array(await buffer(request));
    const { pushEndpoint = "", oidcToken } = configs.get(name) ?? {};
    const { messageId = "" } = JSON.parse(Buffer.from(body).toString("utf8")).message;
    const headers = { "content-type": "application/json", ...(await authorization(oidcToken)) };
    const forward = async (): Promise<Response | undefined> => {
      const answer = await fetch(pushEndpoint, { method: "POST", headers, body }).catch(() => undefined);
      await answer?.body?.cancel();
      return answer;
    };
    const answer = await faulty.through(name, forward);
    deliveries.answered(name, String(messageId), answer?.ok ?? false);
    return answer?.status ?? 503;
  }

  async function authorization(token: PushConfig["oidcToken"]): Promise<Record<string, string>> {
    if (!token) return {};
    const { serviceAccountEmail: email = "", audience = "" } = token;
    return { authorization: `Bearer ${await identity.token({ email, audience, nowMs: now() })}` };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent((request.url ?? "/").slice(1));
    response.writeHead(await push(name, request).catch(() => 500)).end();
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpointFor(subscription, config) {
      configs.set(subscription, config);
      return `http://127.0.0.1:${port}/${encodeURIComponent(subscription)}`;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
