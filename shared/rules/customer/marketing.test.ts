import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { DAY_MS, HOUR_MS, WEEK_MS } from "../../values/durations.ts";
import type { MarketingMail, Permission } from "./marketing.ts";
import { aboutOf, countMarketing, MOST_A_DAY, whyNoMarketing } from "./marketing.ts";

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

test("counts at most MOST_A_DAY mails in any 24 hours, each once", () => {
  const decisions = fc.array(
    fc.record({ atMs: fc.nat(60).map(hours => hours * HOUR_MS), mail: fc.constantFrom("a", "b", "c", "d") }),
  );
  fc.assert(
    fc.property(decisions, asked => {
      const sent = new Map<string, number>();
      let stored: MarketingMail[] = [];
      for (const { atMs, mail } of asked.toSorted((one, other) => one.atMs - other.atMs)) {
        const others = [...sent].filter(([name, ms]) => name !== mail && atMs - ms < DAY_MS);
        const counted = countMarketing(stored, { mail, at_ms: atMs });
        expect("mails" in counted).toBe(others.length < MOST_A_DAY);
        if (!("mails" in counted)) continue;
        stored = counted.mails;
        sent.set(mail, atMs);
      }
    }),
  );
});

test("refuses a second reminder of the same products within seven days", () => {
  const about = aboutOf(1, ["lamp", "chair"]);
  const first = countMarketing([], { mail: "phone", at_ms: 0, about });
  const stored = "mails" in first ? first.mails : [];
  const refused = { refused: "a reminder of the same products was sent in the last 7 days" };
  const again = { mail: "laptop", about: aboutOf(1, ["chair", "lamp", "lamp"]) };
  expect(countMarketing(stored, { ...again, at_ms: WEEK_MS - 1 })).toEqual(refused);
  expect(countMarketing(stored, { ...again, at_ms: WEEK_MS })).toMatchObject({ mails: [again] });
  expect(countMarketing(stored, { mail: "phone", at_ms: 5, about })).toMatchObject({ mails: [{ at_ms: 5 }] });
  for (const other of [aboutOf(2, ["lamp", "chair"]), aboutOf(1, ["lamp"])])
    expect(countMarketing(stored, { mail: "laptop", at_ms: 5, about: other })).toMatchObject({ mails: {} });
});
