import type { Story } from "./story.ts";

/** The ingest, called as its clients call it. */
export const producer: Story = {
  name: "producer",
  title: "The producer: a reported event is validated, enriched, published and answered",
  async play(shop, { step }) {
    await step("the ingest is healthy", { status: 200, body: { status: "ok" } }, () => shop.get("/health"));
    const abandoned = {
      event_type: "cart.abandoned",
      user_id: "usr_8821",
      session_id: "sess_44fa9b",
      payload: { cart_id: "cart_99012", items: [{ product_id: "prod_991", quantity: 1 }], total: 89.99 },
    };
    const accepted = { status: 202, body: { status: "accepted", event_id: /^evt_/, message_id: /^\d+$/ } };
    await step("a cart.abandoned is accepted", accepted, () => shop.report(abandoned));
    await step("an event without a type is refused", { status: 400, body: { detail: /event_type/ } }, () =>
      shop.report({ user_id: "usr_8821", payload: {} }),
    );
    await step(
      "an unknown type is refused",
      { status: 422, body: { errors: [{ pointer: "/event_type", received: /cart\.exploded/ }] } },
      () => shop.report({ ...abandoned, event_type: "cart.exploded" }),
    );
    await step(
      "a missing field is named by its JSON Pointer",
      { status: 422, body: { errors: [{ pointer: "/session_id", received: "nothing" }] } },
      () => shop.report({ ...abandoned, session_id: undefined }),
    );
    await step("a client's own id is kept", { status: 202, body: { event_id: `evt_${shop.tag}` } }, () =>
      shop.report({ ...abandoned, event_id: `evt_${shop.tag}` }),
    );
    await shop.settle();
  },
};
