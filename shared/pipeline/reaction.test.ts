import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../scripts/test/worlds/probe.ts";
import { startProbe } from "../../scripts/test/worlds/probe.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

test("accepts pushes and Eventarc's binary and structured CloudEvents", async () => {
  const message = (event_id: string) => ({
    messageId: event_id,
    publishTime: new Date().toISOString(),
    attributes: { event_type: "user.signed_up", fingerprint: "f" },
    data: Buffer.from(
      JSON.stringify({
        event_type: "user.signed_up",
        event_id,
        user_id: "usr_forms",
        timestamp: "2026-01-01T00:00:00.000Z",
        payload: { email: "a@example.com" },
        schema_version: 1,
        producer: "ingest",
        received_at: "2026-01-01T00:00:00.000Z",
        correlation_id: event_id,
      }),
    ).toString("base64"),
  });
  const cloudEvent = {
    specversion: "1.0",
    type: "google.cloud.pubsub.topic.v1.messagePublished",
    source: "//x",
    id: "1",
  };
  const ce = Object.fromEntries(Object.entries(cloudEvent).map(([name, value]) => [`ce-${name}`, value]));
  const forms = [
    [{ message: message("evt_push"), subscription: "s" }, {}],
    [{ message: message("evt_binary"), subscription: "s" }, ce],
    [
      { ...cloudEvent, data: { message: message("evt_structured") } },
      { "content-type": "application/cloudevents+json" },
    ],
  ] as const;
  for (const [body, headers] of forms) {
    const authorization = await world.authorization("probe");
    const answer = await world.send("POST", "/__local/functions/probe/", body, { authorization, ...headers });
    expect(answer.status).toBe(204);
  }
  expect(await world.timesOf("usr_forms")).toBe(3);
});

test("accepts only the invoker with a token for this function", async () => {
  const path = "/__local/functions/probe/";
  const push = { message: { messageId: "1", data: "" } };
  expect((await world.send("POST", path, push)).status).toBe(401);
  const elsewhere = { authorization: await world.authorization("sweep") };
  expect((await world.send("POST", path, push, elsewhere)).status).toBe(401);
  const other = { authorization: await world.authorization("probe", "other@example.com") };
  expect((await world.send("POST", path, push, other)).status).toBe(403);
  const release = { ledger_id: "x", n: 1 };
  expect((await world.send("POST", `${path}release`, release)).status).toBe(401);
});
