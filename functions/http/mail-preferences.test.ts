import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { consents } from "../../shared/collections.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
  await world.advanceTo(9);
});
afterAll(() => world.close());

const addressOf = (userId: string) => `${userId}@example.com`;

/**
 * Reports a request for a marketing mail, as another system does.
 * @returns the state of the mail, or the reason for its skip
 */
async function ask(userId: string, n: number): Promise<string | undefined> {
  await world.report({
    event_type: "message.personalized_send",
    event_id: `evt_${userId}_${n}`,
    user_id: userId,
    payload: {
      trigger: "cart.abandoned",
      channel: "email",
      template_id: "tpl_abandon_v3",
      scheduled_at: "2026-01-01T00:00:00Z",
      email: addressOf(userId),
    },
  });
  const { state, reason } = (await world.effectOf(`cart-reminder/${userId}/evt_${userId}_${n}`)) ?? {};
  return state === "skipped" ? reason : state;
}

/** Returns the unsubscribe link in the header of the latest mail. */
async function linkTo(userId: string): Promise<string> {
  const mail = (await world.mails(addressOf(userId))).at(-1);
  const [, link = ""] = /^<(http[^>]+)>$/.exec(mail?.headers["list-unsubscribe"] ?? "") ?? [];
  expect(mail?.text).toContain(link);
  expect(mail?.html).toContain(`href="${link}"`);
  return link;
}

const click = (link: string, options: RequestInit = {}) =>
  fetch(link, { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }), ...options });

test("ends marketing mails after one click, until a later consent", async () => {
  await world.account("usr_ann", { marketing_consent: true, marketing_consent_at_ms: world.clock.now() });
  expect(await ask("usr_ann", 1)).toBe("sent");
  const link = await linkTo("usr_ann");
  expect(link).not.toContain("ann");
  const answer = await click(link);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect((await world.send("GET", "/users/usr_ann")).body).toMatchObject({ marketing_consent: false });
  expect(await ask("usr_ann", 2)).toContain("no consent");
  await world.advance(1);
  expect((await world.send("PATCH", "/users/usr_ann", { marketing_consent: true })).status).toBe(200);
  expect(await ask("usr_ann", 3)).toBe("sent");
});

test("unsubscribes a person without an account, for any posted form", async () => {
  expect(await ask("usr_other", 1)).toBe("sent");
  const link = await linkTo("usr_other");
  const posts: RequestInit[] = [
    {},
    { body: "" },
    { body: new FormData() },
    { body: "{", headers: { "content-type": "application/json" } },
  ];
  const statuses = await Promise.all(posts.map(async options => (await click(link, options)).status));
  expect(statuses).toEqual(posts.map(() => 200));
  expect(await world.read(consents, "usr_other")).toMatchObject({ marketing_consent: false });
  expect(await ask("usr_other", 2)).toContain("no consent");
});

test("shows a page with a form on GET and changes nothing", async () => {
  expect(await ask("usr_careful", 1)).toBe("sent");
  const link = await linkTo("usr_careful");
  const answer = await fetch(link);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toMatch(/<form method="post">.*<button>Unsubscribe<\/button>/);
  expect((await fetch(link, { method: "HEAD" })).status).toBe(200);
  expect(await ask("usr_careful", 2)).toBe("sent");
});

test("answers 404 for an unknown link and logs no link", async () => {
  expect((await click(`${world.url}/unsubscribe/usr_ann`)).status).toBe(404);
  expect((await fetch(`${world.url}/unsubscribe/${"x".repeat(60)}`)).status).toBe(404);
  const link = await linkTo("usr_careful");
  const token = link.slice(link.lastIndexOf("/") + 1);
  await click(link);
  expect(JSON.stringify(world.lines)).not.toContain(token);
});
