import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { TestPubSub } from "../test/pubsub.ts";
import { startTestPubSub } from "../test/pubsub.ts";

let pubsub: TestPubSub;
beforeAll(async () => {
  pubsub = await startTestPubSub();
});
afterAll(() => pubsub.close());

test("refuses existing and unknown names in Google's words", async () => {
  await expect(pubsub.client.createTopic("events")).rejects.toMatchObject({
    details: "Resource already exists in the project (resource=events).",
  });
  await expect(pubsub.client.topic("missing").getMetadata()).rejects.toMatchObject({
    details: expect.stringContaining("Resource not found (resource=missing)"),
  });
});
