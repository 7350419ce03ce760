import { randomUUID } from "node:crypto";
import type { Topic } from "@google-cloud/pubsub";
import { PubSub } from "@google-cloud/pubsub";
import type { ReportedEvent } from "./shop-traffic.ts";
import { createShopTraffic } from "./shop-traffic.ts";

export function pubsubAt(host: string): PubSub {
  return new PubSub({ projectId: "demo-bench", apiEndpoint: host, emulatorMode: true });
}

/** Returns a name that no other round uses. */
export function uniqueName(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

export type Batching = NonNullable<Parameters<Topic["setPublishOptions"]>[0]["batching"]>;

/** Builds a message in the form that the functions publish. Each index gives another message. */
export function messageOf(index: number): { data: Buffer; attributes: Record<string, string> } {
  const event: ReportedEvent = { ...sample, event_id: `evt_bench_${index}` };
  return {
    data: Buffer.from(JSON.stringify(event)),
    attributes: {
      event_type: event.event_type,
      event_id: event.event_id,
      subject: String(event["user_id"]),
      fingerprint: "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
      producer: "ingest",
    },
  };
}

const sample = {
  ...createShopTraffic(1).next(),
  schema_version: 1,
  producer: "ingest",
  received_at: "2026-11-20T10:22:07.000Z",
  correlation_id: "evt_01HZ9K2A7V4B",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
};
