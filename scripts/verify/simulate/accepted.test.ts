import { expect, test } from "@jest/globals";
import { acceptedOf } from "./accepted.ts";
import type { Sent } from "./run-day.ts";

test("counts a command once when only its repeat was accepted", () => {
  const accepted = acceptedOf([
    sent("a", 201),
    sent("a again", 201, "a"),
    sent("b", 422),
    sent("b again", 201, "b"),
  ]);
  expect(accepted.commands.map(({ step }) => step.name)).toEqual(["a", "b again"]);
  expect([...accepted.orders.keys()]).toEqual(["ord_a", "ord_b"]);
});

function sent(name: string, status: number, again?: string): Sent {
  const step = { name, method: "POST" as const, path: "/orders", body: {}, pauseMs: 0, again };
  const answer = status === 201 ? { order_id: `ord_${again ?? name}`, items: [] } : {};
  return { step, burst: 0, path: "/orders", body: {}, fromMs: 0, toMs: 0, tries: 1, status, answer };
}
