import type { Shop } from "./shop.ts";
import type { Story } from "./story.ts";

const REMINDER = "You left something in your cart";

/** The events of a shop, and the consequences of an abandoned cart. */
export const taxonomy: Story = {
  name: "taxonomy",
  title: "Taxonomy and flow: a cart is left alone, reminded of, and bought",
  async play(shop, { step, say }) {
    const { tag } = shop;
    const product = `prod_${tag}`;
    const email = `ada.${tag}@example.com`;
    await step("a product has a price and stock", { status: 201 }, () =>
      shop.send("PUT", `/products/${product}`, { name: "Wireless Headphones", price: 89.99, stock: 50 }),
    );
    const signedUp = await step("Ada signs up and consents to marketing mails", { status: 201 }, () =>
      shop.send("POST", "/users", { email, name: "Ada", marketing_consent: true }),
    );
    const user = signedUp.body.user_id;
    await untilDaytime(shop);
    await step("each category of event is accepted", [202, 202, 202], async () => {
      const events = [
        { event_type: "product.viewed", user_id: user, payload: { product_id: product } },
        { event_type: "search.performed", user_id: user, payload: { query: "wireless headphones" } },
        add(user, product, tag),
      ];
      return Promise.all(events.map(async event => (await shop.report(event)).status));
    });
    say("two hours without a click");
    await shop.skipHours(2.01);
    await step("no mail yet: the reminder is due two hours later", 0, async () =>
      reminders(await shop.inbox(email)),
    );
    await shop.skipHours(2.01);
    await step("the reminder is in her inbox", 1, async () => reminders(await shop.inbox(email)));
    await step("she puts it into the cart once more", { status: 202 }, () =>
      shop.report(add(user, product, tag)),
    );
    await shop.settle();
    const order = await step("and buys what is in the cart", { status: 201, body: { total: 179.98 } }, () =>
      shop.send("POST", "/orders", { user_id: user, cart_id: `cart_sess_${tag}` }),
    );
    await step("and pays", { status: 201, body: { state: "paid" } }, () =>
      shop.send("POST", `/orders/${order.body.order_id}/payments`, { attempt_id: "a1", status: "paid" }),
    );
    await shop.skipHours(2.5);
    await step("no mail reminds her of what she bought", 1, async () => reminders(await shop.inbox(email)));
    await step("stock fell by what she bought", { body: { stock: 48 } }, () =>
      shop.get(`/products/${product}`),
    );
    await step("and the shipment is requested", { body: { state: "paid", shipment: "requested" } }, () =>
      shop.get(`/orders/${order.body.order_id}`),
    );
  },
};

function add(user: string, product: string, tag: string) {
  const payload = {
    product_id: product,
    product_name: "Wireless Headphones",
    quantity: 1,
    unit_price: 89.99,
  };
  return { event_type: "cart.item_added", user_id: user, session_id: `sess_${tag}`, payload };
}

function reminders(mails: readonly { subject: string }[]): number {
  return mails.filter(({ subject }) => subject === REMINDER).length;
}

/** Advances the clock to nine in the morning, UTC. PulseCart sends no marketing mail outside the day. */
async function untilDaytime(shop: Shop): Promise<void> {
  const now = new Date((await shop.status()).now);
  const hours = now.getUTCHours() + now.getUTCMinutes() / 60;
  await shop.skipHours((9 - hours + 24) % 24);
}
