import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Contact, Source } from "./contact.ts";
import { banned, emptyContact, ordered, paid, segmented, signedUp } from "./contact.ts";

type Change = (contact: Contact) => Contact;

const source: fc.Arbitrary<Source> = fc.record({
  at_ms: fc.integer({ min: 0, max: 5 }),
  id: fc.constantFrom("a", "b", "c"),
});

/** One event as two reports would tell it: the same id and time, and therefore the same words. */
const change: fc.Arbitrary<Change> = fc.oneof(
  source.map(from => (c: Contact) => signedUp(c, { email: `${from.id}${from.at_ms}`, name: from.id }, from)),
  source.map(from => (c: Contact) => signedUp(c, { email: `${from.id}${from.at_ms}` }, from)),
  fc.tuple(source, fc.boolean()).map(
    ([from, isFirst]): Change =>
      c =>
        ordered(c, { email: `order ${from.id}${from.at_ms}`, isFirst }, from),
  ),
  fc.nat(1000).map(
    (amount_minor): Change =>
      c =>
        paid(c, { amount_minor, currency: "USD" }),
  ),
  source.map(
    (from): Change =>
      c =>
        segmented(c, `${from.id}${from.at_ms}`, from),
  ),
  fc.constant(banned),
);

test("is the same contact whatever order it is told in", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 10 }), fc.infiniteStream(fc.nat()), (changes, dice) => {
      const shuffled = [...changes]
        .map(one => ({ one, by: dice.next().value ?? 0 }))
        .sort((a, b) => a.by - b.by)
        .map(({ one }) => one);
      const toldBy = (list: readonly Change[]) => list.reduce((c, apply) => apply(c), emptyContact("u"));
      expect(toldBy(shuffled)).toEqual(toldBy(changes));
    }),
  );
});

test("believes what was said later, and an account before an order", () => {
  const at = (at_ms: number) => ({ at_ms, id: "e" });
  const signed = signedUp(emptyContact("u"), { email: "new@example.com", name: "Ada" }, at(2));
  expect(signedUp(signed, { email: "old@example.com", name: "A." }, at(1))).toMatchObject({
    email: "new@example.com",
    name: "Ada",
    signed_up_at_ms: 1,
  });
  const bought = ordered(signed, { email: "gift@example.com", isFirst: true }, at(3));
  expect(bought).toMatchObject({ email: "new@example.com", orders: 1, last_order_at_ms: 3 });
  const guest = ordered(emptyContact("u"), { email: "gift@example.com", isFirst: true }, at(3));
  expect(guest.email).toBe("gift@example.com");
});
