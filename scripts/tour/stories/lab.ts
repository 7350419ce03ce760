import type { Story } from "./story.ts";

/** A user service with reactions: called over HTTP, and by a message that is published by hand. */
export const lab: Story = {
  name: "lab",
  title: "Lab 12: a user is created; e-mail, analytics and CRM react",
  async play(shop, { step }) {
    const { tag } = shop;
    const day = (await shop.status()).now.slice(0, 10);
    const signups = async () => (await shop.get(`/analytics/${day}`)).body.signups;
    const before = await signups();
    const email = `test.${tag}@example.com`;
    const created = await step("POST /users", { status: 201, body: { user_id: /^usr_/ } }, () =>
      shop.send("POST", "/users", { email, name: "Test User" }),
    );
    await shop.settle();
    await step("  e-mail service: a welcome is sent", 1, async () => (await shop.inbox(email)).length);
    await step("  analytics service: the sign-up is tracked", before + 1, signups);
    const data = async (id: string) => (await shop.get(`/users/${id}/data`)).body;
    await step("  CRM service: the contact exists", new RegExp(email), async () =>
      JSON.stringify((await data(created.body.user_id)).contacts),
    );
    const manual = `manual.${tag}@test.com`;
    await shop.publish("user-events", {
      userId: `test-${tag}`,
      email: manual,
      name: "Manual Test",
      event: "user.created",
    });
    await shop.settle();
    await step(
      "published by hand to user-events: a welcome is sent",
      1,
      async () => (await shop.inbox(manual)).length,
    );
    await step("  the sign-up is tracked", before + 2, signups);
    await step("  the contact exists", new RegExp(manual), async () =>
      JSON.stringify((await data(`test-${tag}`)).contacts),
    );
    await step("the same address in another case is refused", { status: 409 }, () =>
      shop.send("POST", "/users", { email: email.toUpperCase(), name: "Another User" }),
    );
  },
};
