import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Consent } from "./marketing.ts";
import { countedOn, MOST_A_DAY, whyNoMarketing } from "./marketing.ts";

const agreed = { marketing_consent: true, marketing_consent_at_ms: 100, signed_up_at_ms: 50 };

test.each<[string, Omit<Consent, "askedElsewhere">]>([
  ["with consent", { account: agreed }],
  ["with a new consent after an unsubscription", { account: agreed, unsubscribedAtMs: 99 }],
])("allows marketing to an account %s", (_name, consent) => {
  expect(whyNoMarketing({ ...consent, askedElsewhere: false })).toBeUndefined();
});

test.each<[string, Omit<Consent, "askedElsewhere">, string]>([
  ["an account without consent", { account: {} }, "no consent to marketing mails"],
  ["an unsubscribed account", { account: agreed, unsubscribedAtMs: 100 }, "unsubscribed"],
  [
    "an account unsubscribed after its sign-up",
    { account: { marketing_consent: true, signed_up_at_ms: 50 }, unsubscribedAtMs: 60 },
    "unsubscribed",
  ],
  ["a banned account", { account: { ...agreed, banned: {} } }, "the account is blocked"],
  ["an account banned elsewhere", { account: agreed, isBlocked: true }, "the account is blocked"],
  ["a user without an account", {}, "no consent is known"],
  ["an unsubscribed user without an account", { unsubscribedAtMs: 1 }, "unsubscribed"],
])("refuses marketing to %s", (_name, consent, why) => {
  expect(whyNoMarketing({ ...consent, askedElsewhere: false })).toBe(why);
});

test("accepts another system's consent without an account, until an unsubscription", () => {
  expect(whyNoMarketing({ askedElsewhere: true })).toBeUndefined();
  expect(whyNoMarketing({ askedElsewhere: true, unsubscribedAtMs: 1 })).toBe("unsubscribed");
  expect(whyNoMarketing({ askedElsewhere: true, account: {} })).toBe("no consent to marketing mails");
});

test("counts at most MOST_A_DAY mails a day, each of them once", () => {
  const decisions = fc.array(fc.record({ day: fc.nat(2), mail: fc.constantFrom("a", "b", "c", "d") }));
  fc.assert(
    fc.property(decisions, asked => {
      const sent = new Map<string, Set<string>>();
      let stored: { day: string; mails: string[] } | undefined;
      for (const { day, mail } of asked.toSorted((one, other) => one.day - other.day)) {
        const onThatDay = sent.get(String(day)) ?? new Set<string>();
        const counted = countedOn(String(day), stored, mail);
        expect(counted !== undefined).toBe(onThatDay.has(mail) || onThatDay.size < MOST_A_DAY);
        if (!counted) continue;
        stored = counted;
        sent.set(String(day), onThatDay.add(mail));
        expect(counted.mails).toEqual([...onThatDay]);
      }
    }),
  );
});
