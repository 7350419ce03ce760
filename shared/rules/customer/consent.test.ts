import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Consent } from "./consent.ts";
import { countedConsent } from "./consent.ts";

const said = (marketing_consent: boolean, at_ms: number): Consent => ({
  user_id: "usr_1",
  marketing_consent,
  at_ms,
});
const counted = (statements: readonly Consent[]) =>
  statements.reduce<Consent | undefined>(countedConsent, undefined);

test("counts the later statement, and the withdrawal of two at once", () => {
  expect(counted([said(true, 1), said(false, 2)])).toEqual(said(false, 2));
  expect(counted([said(false, 2), said(true, 3)])).toEqual(said(true, 3));
  expect(counted([said(true, 3), said(false, 3)])).toEqual(said(false, 3));
  expect(counted([said(false, 3), said(true, 3)])).toEqual(said(false, 3));
});

test("gives one result in every order and with repetitions", () => {
  const statement = fc.record({
    user_id: fc.constant("usr_1"),
    marketing_consent: fc.boolean(),
    at_ms: fc.nat(5),
  });
  const twoOrders = fc
    .array(statement, { minLength: 1, maxLength: 8 })
    .chain(all =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
    );
  fc.assert(
    fc.property(twoOrders, ([one, other]) => {
      expect(counted(other)).toEqual(counted(one));
      const latest = Math.max(...one.map(({ at_ms }) => at_ms));
      const withdrawn = one.some(({ at_ms, marketing_consent }) => at_ms === latest && !marketing_consent);
      expect(counted(one)).toEqual(said(!withdrawn, latest));
    }),
  );
});
