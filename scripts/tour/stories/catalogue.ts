import type { Shop } from "./shop.ts";
import type { Story } from "./story.ts";

/** Seven events under the names of another shop, and every reaction to them. */
export const catalogue: Story = {
  name: "catalogue",
  title: "The catalogue of an e-commerce shop: seven events and all reactions to them",
  async play(shop, { step, say }) {
    const { tag } = shop;
    const user = `9${parseInt(tag, 16)}`;
    const order = `4${parseInt(tag, 16)}`;
    const product = `${parseInt(tag, 16)}`;
    const email = `user.${tag}@example.com`;
    const supplier = `supplier.${tag}@example.com`;
    const accepted = { status: 202 };
    const today = async () => (await shop.get(`/analytics/${(await shop.status()).now.slice(0, 10)}`)).body;
    const mails = async (to: string) => (await shop.inbox(to)).map(({ subject }) => subject);
    await step("a product with stock and a supplier is created", { status: 201 }, () =>
      shop.send("PUT", `/products/${product}`, {
        name: `Lamp ${tag}`,
        price: 49.99,
        stock: 12,
        threshold: 10,
        supplier: { name: "Lamps Ltd", email: supplier },
      }),
    );
    const before = await today();

    await step("UserRegistered", accepted, () =>
      shop.report({
        event_type: "UserRegistered",
        user_id: Number(user),
        email,
        timestamp: "2023-10-01T10:00:00Z",
      }),
    );
    await shop.settle();
    await step("  e-mail: a welcome", /welcome/i, async () => (await mails(email)).join());
    await step("  analytics: one user more", before.signups + 1, async () => (await today()).signups);

    await step("OrderCreated", accepted, () =>
      shop.report({
        event_type: "OrderCreated",
        order_id: Number(order),
        user_id: Number(user),
        total: 99.98,
        items: [{ product_id: Number(product), quantity: 2 }],
      }),
    );
    await shop.settle();
    await step("  stock: deducted", { body: { stock: 10 } }, () => shop.get(`/products/${product}`));
    await step("  e-mail: a confirmation", /order/i, async () => (await mails(email))[0] ?? "");
    await step("  analytics: one order more", before.orders + 1, async () => (await today()).orders);

    await step("OrderPaid", accepted, () =>
      shop.report({ event_type: "OrderPaid", order_id: Number(order), payment_id: "pay_789", amount: 99.98 }),
    );
    await shop.settle();
    await step("  shipping: notified", { body: { shipment: "requested" } }, () =>
      shop.get(`/orders/${order}`),
    );
    await step("  analytics: the revenue", true, async () => revenueOf(await today()) > revenueOf(before));

    await step("ProductReviewed", accepted, () =>
      shop.report({
        event_type: "ProductReviewed",
        product_id: Number(product),
        user_id: Number(user),
        rating: 5,
        comment: "Great!",
      }),
    );
    await shop.settle();
    await step(
      "  moderation: the review is no spam, and published",
      { body: { rating: { average: 5, count: 1 } } },
      () => shop.get(`/products/${product}`),
    );

    await step(
      "StockLow: the order above causes it, and the admin gets a mail",
      1,
      async () =>
        (await shop.inbox("admin@pulsecart.example")).filter(({ subject }) => subject.includes(`Lamp ${tag}`))
          .length,
    );
    await step("  suppliers: one order is sent", ["Order"], async () =>
      (await mails(supplier)).map(subject => subject.split(" ")[0]),
    );
    await step("StockLow, reported by another system", accepted, () =>
      shop.report({ event_type: "StockLow", product_id: Number(product), current_stock: 5, threshold: 10 }),
    );
    await shop.settle();

    say(`${shop.backlog} events without a waiting client arrive at once`);
    const backlog = await background(shop);
    await step("UserBanned, while they wait", accepted, () =>
      shop.report({
        event_type: "UserBanned",
        user_id: Number(user),
        reason: "spam",
        banned_by: "admin@example.com",
      }),
    );
    await step("PaymentFailed, while they wait", accepted, async () => {
      await shop.report({
        event_type: "OrderCreated",
        order_id: `${order}9`,
        user_id: Number(user),
        items: [{ product_id: Number(product), quantity: 1 }],
      });
      return shop.report({ event_type: "PaymentFailed", order_id: `${order}9`, error: "insufficient funds" });
    });
    await step(
      "  auth: the login is blocked before the others are handled",
      { login: "blocked", waiting: true },
      async () => {
        const body = await until(
          async () => (await shop.get(`/users/${user}/access`)).body,
          access => access?.login === "blocked",
        );
        return { login: body?.login, waiting: (await undelivered(shop)) > 0 };
      },
    );
    await backlog;
    await shop.settle();
    await shop.skipHours(0.05);
    await step("  orders: the order is cancelled", { body: { state: "cancelled" } }, () =>
      shop.get(`/orders/${order}9`),
    );
    await step("  e-mail: one about the ban, one about the failed payment", [true, true], async () => {
      const subjects = await mails(email);
      return ["account was blocked", "did not go through"].map(words =>
        subjects.some(subject => subject.includes(words)),
      );
    });
    await step("  analytics: counted", true, async () => (await today()).orders >= before.orders + 2);
  },
};

function revenueOf(day: { revenue?: Record<string, number> }): number {
  return Object.values(day.revenue ?? {}).reduce((sum, amount) => sum + amount, 0);
}

/** Sends events of several reactions, as fast as PulseCart accepts them. */
async function background(shop: Shop): Promise<void> {
  const { tag, backlog } = shop;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < backlog) {
      const n = next++;
      const payload = { email: `crowd.${tag}.${n}@example.com` };
      const { status } = await shop.report({
        event_type: "user.signed_up",
        user_id: `crowd_${tag}_${n}`,
        payload,
      });
      if (status !== 202) throw new Error(`Background event refused: expected 202, got ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

async function undelivered(shop: Shop): Promise<number> {
  return (await shop.status()).undelivered.reduce((sum, one) => sum + one.undelivered, 0);
}

/** Max time until an expected state. */
const TIMEOUT_MS = 20_000;

async function until<T>(look: () => Promise<T>, isThere: (seen: T) => boolean): Promise<T> {
  const endMs = Date.now() + TIMEOUT_MS;
  for (;;) {
    const seen = await look();
    if (isThere(seen) || Date.now() > endMs) return seen;
  }
}
