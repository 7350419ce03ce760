import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Fact } from "../../../scripts/test/order-facts.ts";
import { orderAfter, placed } from "../../../scripts/test/order-facts.ts";
import { foldOrder } from "./fold.ts";
import { countedPayments } from "./payments.ts";
import type { PaidReport } from "./reports.ts";
import { reportPaid } from "./reports.ts";

/** Makes a report of 100 USD at minute n. */
const report =
  (n: number, content: Partial<PaidReport>): Fact =>
  order =>
    reportPaid(order, {
      amount_minor: 10_000,
      currency: "USD",
      at_ms: n * 60_000,
      event_id: `evt_${n}`,
      ...content,
    });

/** Applies the reports in some order of arrival, some of them twice. */
const arrivals = (facts: readonly Fact[]) =>
  fc.shuffledSubarray([...facts, ...facts], { minLength: 2 * facts.length });

describe("one payment under several attempts", () => {
  test.each<[string, Fact[], number]>([
    [
      "repeated by another attempt",
      [
        report(1, { attempt_id: "A" }),
        report(2, { attempt_id: "A", payment_id: "P" }),
        report(3, { attempt_id: "B", payment_id: "P" }),
      ],
      10_000,
    ],
    [
      "corrected without an attempt",
      [
        report(1, { attempt_id: "A" }),
        report(2, { attempt_id: "A", payment_id: "P" }),
        report(3, { payment_id: "P", amount_minor: 9000 }),
      ],
      9000,
    ],
    [
      "named by three attempts",
      ["A", "B", "C"].flatMap((id, n) => [
        report(n + 1, { attempt_id: id }),
        report(n + 5, { attempt_id: id, payment_id: "P" }),
      ]),
      10_000,
    ],
    [
      "beside the attempt of a report in another currency",
      [
        report(1, { payment_id: "P" }),
        report(2, { attempt_id: "A" }),
        report(3, { attempt_id: "A", payment_id: "P", currency: "EUR" }),
      ],
      20_000,
    ],
  ])("counts a payment %s once", (_what, facts, paid_minor) => {
    const expected = orderAfter([placed(), ...facts]);
    expect(foldOrder(expected).own).toMatchObject({ paid_minor });
    fc.assert(
      fc.property(arrivals(facts), arriving => {
        const order = orderAfter([placed(), ...arriving]);
        expect(countedPayments(order)).toEqual(countedPayments(expected));
        expect(order.payments).toEqual(expected.payments);
      }),
    );
  });
});
