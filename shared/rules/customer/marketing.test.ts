import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Consent } from "./marketing.ts";
import { countedOn, MOST_A_DAY, whyNoMarketing } from "./marketing.ts";

const agreed = { marketing_consent: true, marketing_consent_at_ms: 100, signed_up_at_ms: 50 };

test.each<[string, Omit<Consent, "askedElsewhere">, string | undefined]>([
  ["an account that agreed", { account: agreed }, undefined],
  ["one that was never asked", { account: {} }, "no consent to marketing mails"],
  ["one that unsubscribed afterwards", { account: agreed, unsubscribedAtMs: 100 }, "unsubscribed"],
  ["one that agreed again afterwards", { account: agreed, unsubscribedAtMs: 99 }, undefined],
  [
    "one whose sign-up was the consent",
    { account: { marketing_consent: true, signed_up_at_ms: 50 }, unsubscribedAtMs: 60 },
    "unsubscribed",
  ],
  ["one that is blocked", { account: { ...agreed, banned: {} } }, "the account is blocked"],
  ["one whose ban somebody reported", { account: agreed, isBlocked: true }, "the account is blocked"],
  ["nobody's account", {}, "no consent is known"],
  ["nobody's account, unsubscribed", { unsubscribedAtMs: 1 }, "unsubscribed"],
])("marketing to %s", (_who, consent, why) => {
  expect(whyNoMarketing({ ...consent, askedElsewhere: false })).toBe(why);
});

test("another system's consent counts where there is no account, until the person unsubscribes", () => {
  expect(whyNoMarketing({ askedElsewhere: true })).toBeUndefined();
  expect(whyNoMarketing({ askedElsewhere: true, unsubscribedAtMs: 1 })).toBe("unsubscribed");
  expect(whyNoMarketing({ askedElsewhere: true, account: {} })).toBe("no consent to marketing mails");
});

test("no day has more than its mails, and a mail that was let through once is let through again that day", () => {
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
