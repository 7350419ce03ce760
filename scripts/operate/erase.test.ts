import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { orderAddresses } from "../../shared/collections.ts";
import { documentPaths } from "../test/document-texts.ts";
import type { World } from "../test/worlds/world.ts";
import { startWorld } from "../test/worlds/world.ts";
import { eraseFlags } from "./erase-flags.ts";
import { runErase } from "./erase-run.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    ...["http/ingest", "http/accounts", "reactions/archive", "reactions/email", "reactions/orders"],
    ...["effects/send-mail", "timers/erase-orders"],
  ]);
});
afterAll(() => world.close());

async function placeOrder(order_id: string, email: string, user_id?: string): Promise<void> {
  const items = [{ product_id: "lamp", quantity: 1 }];
  await world.send("POST", "/events/ingest", {
    event_type: "order.placed",
    order_id,
    user_id,
    payload: { items, email },
  });
  await world.settle();
  expect(await world.read(orderAddresses, order_id)).toMatchObject({ email });
}

async function erase(...args: string[]) {
  const printed: string[] = [];
  const notes: string[] = [];
  const io = {
    out: (line: string) => printed.push(line),
    note: (line: string) => notes.push(line),
    signal: new AbortController().signal,
  };
  const code = await runErase(eraseFlags(args), { io, pause: () => world.settle() });
  return { code, text: printed.join("\n"), notes: notes.join("\n") };
}

test("erases the order of a guest", async () => {
  await placeOrder("ord_1", "kim@example.com");
  const { code, text, notes } = await erase("--order", "ord_1");
  expect([code, text]).toEqual([0, expect.stringContaining("has searched all documents")]);
  expect(notes).toContain("is started");
  expect(await documentPaths(["kim@example.com"])).toEqual([]);
});

test("erases an address and names the users who have the address", async () => {
  await placeOrder("ord_2", "lee@example.com");
  await placeOrder("ord_3", "lee@example.com", "usr_lee");
  const { code, text } = await erase("--email", "Lee@example.com", "--json");
  expect([code, JSON.parse(text)]).toMatchObject([0, { status: "erased", users: ["usr_lee"] }]);
  expect(await world.read(orderAddresses, "ord_2")).toBeUndefined();
  expect(await world.read(orderAddresses, "ord_3")).toMatchObject({ user_id: "usr_lee" });
});

test("exits with 1 and the reason when the erasure is refused", async () => {
  await world.send("POST", "/users", { email: "mia@example.com", name: "Mia" });
  const refused = await erase("--email", "mia@example.com");
  expect(refused).toMatchObject({ code: 1, text: "", notes: expect.stringContaining("DELETE /users/usr_") });
  expect(await erase("--order", "ord_none")).toMatchObject({
    code: 1,
    notes: expect.stringMatching(/no order/),
  });
});

test.each([[], ["--order", "o", "--email", "a@example.com"]])(
  "refuses a command line without exactly one guest: %j",
  (...args: string[]) => {
    expect(() => eraseFlags(args)).toThrow("expected either --order or --email");
  },
);
