import { expect, test } from "@jest/globals";
import { openStorage } from "../../storage.ts";
import { testFirestore } from "../../test/firestore-client.ts";
import { idsIn, listenToQuery } from "../../test/firestore-listener.ts";
import { startFirestore } from "../firestore.ts";

const firestore = testFirestore();
const start = (port = 0) => startFirestore({ now: Date.now, storage: openStorage(), port });

test("closes a stopped client's stream, and resumes it on a restarted server", async () => {
  const first = await start();
  const client = firestore.connect({ host: first.host });
  const listener = listenToQuery(client.collection("c"));
  await client.doc("c/lost").set({});
  await listener.until(({ size }) => size === 1);
  expect(first.listenerCount()).toBe(1);
  first.close();

  const second = await start(Number(first.host.split(":")[1]));
  const writer = firestore.connect({ host: second.host });
  await writer.doc("c/new").set({});
  await listener.until(snapshot => idsIn(snapshot) === "new");
  expect(second.listenerCount()).toBe(1);
  listener.stop();
  while (second.listenerCount() > 0) await writer.doc("c/new").get();
  await Promise.all([client.terminate(), writer.terminate()]);
  second.close();
});
