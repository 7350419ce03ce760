import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Permission } from "./marketing.ts";
import { countedOn, MOST_A_DAY, whyNoMarketing } from "./marketing.ts";

const agreed = { marketing_consent: true };
const refuses = { marketing_consent: false };
const asked = { isAccount: false, isBlocked: false, askedElsewhere: false };

test("allows marketing with consent, with or without an account", () => {
  expect(whyNoMarketing({ ...asked, consent: agreed })).toBeUndefined();
  expect(whyNoMarketing({ ...asked, consent: agreed, isAccount: true })).toBeUndefined();
});

test.each<[string, Partial<Permission>, string]>([
  ["an account without a statement", { isAccount: true }, "no consent: the user has stated none"],
  ["a user of other systems without a statement", {}, "no consent: the user has stated none"],
  ["a user who refuses", { consent: refuses }, "no consent: the user refuses marketing mails"],
  ["a blocked user", { consent: agreed, isBlocked: true }, "the account is blocked"],
])("refuses marketing to %s", (_name, permission, why) => {
  expect(whyNoMarketing({ ...asked, ...permission })).toBe(why);
});

test("accepts another system's consent without an account, until a refusal", () => {
  const elsewhere = { ...asked, askedElsewhere: true };
  expect(whyNoMarketing(elsewhere)).toBeUndefined();
  expect(whyNoMarketing({ ...elsewhere, consent: refuses })).toContain("no consent");
  expect(whyNoMarketing({ ...elsewhere, isAccount: true })).toContain("no consent");
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
