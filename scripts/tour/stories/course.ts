import type { Story } from "./story.ts";

/** One decision of an owner, and five consequences that the client does not wait for. */
export const course: Story = {
  name: "course",
  title: "A course is bought: one owner decides, five others react",
  async play(shop, { step }) {
    const { tag } = shop;
    const email = `lea.${tag}@example.com`;
    const affiliate = `aff_${tag}`;
    const { body: user } = await step("a learner signs up", { status: 201 }, () =>
      shop.send("POST", "/users", { email, name: "Lea" }),
    );
    await shop.settle();
    const before = (await shop.get(`/analytics/${await day()}`)).body;
    const order = {
      user_id: user.user_id,
      course_id: "crs_event_driven",
      amount: 49,
      affiliate_id: affiliate,
    };
    const { body: purchase } = await step(
      "the purchase is confirmed at once",
      { status: 201, body: { purchase_id: /./ } },
      () => shop.send("POST", "/purchases", order),
    );
    await shop.settle();
    await step(
      "1. the course is open to her",
      { body: { login: "allowed", courses: [{ course_id: "crs_event_driven" }] } },
      () => shop.get(`/users/${user.user_id}/access`),
    );
    await step("2. she gets a mail", true, async () =>
      (await shop.inbox(email)).some(({ text }) => text.includes("crs_event_driven")),
    );
    await step("3. the purchase is counted", true, async () => {
      const after = (await shop.get(`/analytics/${await day()}`)).body;
      return after.purchases === before.purchases + 1;
    });
    await step(
      "4. the purchase is a signal of her taste",
      { signals: { signals: [{ item_id: "crs_event_driven" }] } },
      async () => (await shop.get(`/users/${user.user_id}/data`)).body,
    );
    await step(
      "5. the affiliate who sent her gets a commission",
      { commissions: { items: [{ purchase_id: purchase.purchase_id, commission_minor: 490 }] } },
      async () => (await shop.get(`/users/${affiliate}/data`)).body,
    );
    async function day(): Promise<string> {
      return (await shop.status()).now.slice(0, 10);
    }
  },
};
