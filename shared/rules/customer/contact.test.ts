import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Contact, FactSource } from "./contact.ts";
import { banned, counted, emptyContact, ordered, segmented, signedUp } from "./contact.ts";

type ContactChange = (contact: Contact) => Contact;

const arbSource: fc.Arbitrary<FactSource> = fc.record({
  at_ms: fc.integer({ min: 0, max: 5 }),
  id: fc.constantFrom("a", "b", "c"),
});

/** Changes by events. Two changes with one id and time name the same values, as two reports of one event do. */
const arbChange: fc.Arbitrary<ContactChange> = fc.oneof(
  arbSource.map(
    from => (c: Contact) => signedUp(c, { email: `${from.id}${from.at_ms}`, name: from.id }, from),
  ),
  arbSource.map(from => (c: Contact) => signedUp(c, { email: `${from.id}${from.at_ms}` }, from)),
  arbSource.map(
    (from): ContactChange =>
      c =>
        ordered(c, { email: `order ${from.id}${from.at_ms}` }, from),
  ),
  fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -2, max: 2 })).map(
    ([USD, orders]): ContactChange =>
      c =>
        counted(c, { orders, net_minor: { USD } }),
  ),
  arbSource.map(
    (from): ContactChange =>
      c =>
        segmented(c, `${from.id}${from.at_ms}`, from),
  ),
  fc.constant(banned),
);

test("gives the same contact in every order of events", () => {
  fc.assert(
    fc.property(fc.array(arbChange, { maxLength: 10 }), fc.infiniteStream(fc.nat()), (changes, dice) => {
      const shuffled = [...changes]
        .map(one => ({ one, by: dice.next().value ?? 0 }))
        .sort((a, b) => a.by - b.by)
        .map(({ one }) => one);
      const contactAfter = (list: readonly ContactChange[]) =>
        list.reduce((c, apply) => apply(c), emptyContact("u"));
      expect(contactAfter(shuffled)).toEqual(contactAfter(changes));
    }),
  );
});

test("prefers account data to order data, and later data to earlier", () => {
  const at = (at_ms: number) => ({ at_ms, id: "e" });
  const signed = signedUp(emptyContact("u"), { email: "new@example.com", name: "Ada" }, at(2));
  expect(signedUp(signed, { email: "old@example.com", name: "A." }, at(1))).toMatchObject({
    email: "new@example.com",
    name: "Ada",
    signed_up_at_ms: 1,
  });
  const bought = ordered(signed, { email: "gift@example.com" }, at(3));
  expect(bought).toMatchObject({ email: "new@example.com", last_order_at_ms: 3 });
  const guest = ordered(emptyContact("u"), { email: "gift@example.com" }, at(3));
  expect(guest.email).toBe("gift@example.com");
});
