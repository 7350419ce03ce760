import type { Accepted } from "./accepted.ts";
import type { CartFact } from "./cart-model.ts";
import type { Difference } from "./difference.ts";
import type { Effect, Item, ShopState } from "./shop-state.ts";
import type { Goods } from "./step.ts";

export interface ReminderCheck {
  goods: readonly Goods[];
  /** One list of facts per shopper. */
  facts: readonly CartFact[][];
  /** Max time from an answer to its result in the shop. */
  lateMs: number;
}

/** A planned reminder with its receiver and its cart. */
export interface Reminder {
  effect: Effect;
  user: string;
  cart: string;
  /** Absent: another system reported the cart. */
  cycle?: number;
}

/** An accepted statement about marketing mails. */
interface Statement {
  isConsent: boolean;
  /** Time of the first request, and of the answer. */
  fromMs: number;
  toMs: number;
}

/**
 * Checks reminders against statements and carts. No person gets a reminder without consent. Each abandoned cart of a
 * person with consent has a reminder, unless a reason is known.
 */
export function reminderDifferences(check: ReminderCheck, accepted: Accepted, shop: ShopState): Difference[] {
  const reminders = remindersOf(shop.effects);
  const statements = statementsOf(accepted);
  return [
    ...reminders.flatMap(reminder => againstStatement(reminder, statements.get(reminder.user) ?? [], check)),
    ...missingReminders({ reminders, statements, check }, accepted, shop),
  ];
}

/** Reads the planned reminders from the effects. */
export function remindersOf(effects: readonly Effect[]): Reminder[] {
  return effects.flatMap(effect => {
    const { template, user_id: user, cart } = JSON.parse(effect.data);
    if (template !== "cart-reminder" || cart === undefined) return [];
    return [{ effect, user, cart: cart.cart_id, cycle: cart.cycle }];
  });
}

/** Tells whether a reminder went out, or may have gone out. */
export function mayBeSent({ effect }: Reminder): boolean {
  return effect.state === "sent" || effect.state === "unknown";
}

function statementsOf({ events }: Accepted): Map<string, Statement[]> {
  const all = [...events.values()].flatMap(([first]) => {
    // biome-ignore lint/suspicious/noExplicitAny: events of every type
    const { event_type, user_id, payload }: any = first?.body ?? {};
    const isStatement = event_type === "user.signed_up" || event_type === "user.consent_changed";
    if (!first || !isStatement || payload.marketing_consent === undefined) return [];
    return [{ user_id, isConsent: payload.marketing_consent, fromMs: first.fromMs, toMs: first.toMs }];
  });
  return Map.groupBy(
    all.sort((a, b) => a.fromMs - b.fromMs),
    ({ user_id }) => user_id,
  );
}

/** Checks a sent reminder: at its time, a consent was the latest statement. */
function againstStatement(
  reminder: Reminder,
  statements: readonly Statement[],
  { lateMs }: ReminderCheck,
): Difference[] {
  const atMs = reminder.effect.changed_at_ms;
  if (!mayBeSent(reminder)) return [];
  const known = statements.filter(({ toMs }) => toMs + lateMs < atMs).at(-1);
  const unsure = statements.filter(({ fromMs, toMs }) => fromMs <= atMs && toMs + lateMs >= atMs);
  if ([known, ...unsure].some(statement => statement?.isConsent)) return [];
  const reason = known ? "the user refuses marketing mails" : "the user has stated no consent";
  return [{ about: `effect ${reminder.effect.id}`, expected: `no reminder: ${reason}`, found: "one" }];
}

interface Reminded {
  reminders: readonly Reminder[];
  statements: ReadonlyMap<string, readonly Statement[]>;
  check: ReminderCheck;
}

/** An announcement of an abandoned cart. */
interface Abandonment {
  user: string;
  cart: string;
  cycle: number;
  atMs: number;
  items: readonly Item[];
}

/** The reactions from an abandoned cart to its reminder. A shop without one of them plans none. */
const PLANNERS = ["personalization", "email", "consent", "crm"];

/** Lists the abandoned carts without a reminder for which no reason is known. */
function missingReminders(reminded: Reminded, accepted: Accepted, shop: ShopState): Difference[] {
  const started = new Set(shop.subscribers.map(({ name }) => name));
  if (!PLANNERS.every(name => started.has(name))) return [];
  const scarce = scarceProducts(reminded.check.goods, accepted);
  return shop.archive
    .filter(({ event_type, producer }) => event_type === "cart.abandoned" && producer === "abandon-cart")
    .map(({ event }) => abandonmentOf(event))
    .filter(abandonment => mustRemind(abandonment, reminded, scarce))
    .flatMap(({ cart, cycle }) => {
      const [found] = reminded.reminders.filter(one => one.cart === cart && one.cycle === cycle);
      if (found && mayBeSent(found)) return [];
      const { state = "none", reason = "" } = found?.effect ?? {};
      const about = `cart ${cart}`;
      return [{ about, expected: `a reminder of cycle ${cycle}`, found: `${state} ${reason}`.trim() }];
    });
}

// biome-ignore lint/suspicious/noExplicitAny: the event's type is known to the caller alone
function abandonmentOf({ user_id, received_at, payload }: any): Abandonment {
  const { cart_id: cart, cycle, items } = payload;
  return { user: user_id, cart, cycle, atMs: Date.parse(received_at), items };
}

/**
 * Tells whether an abandoned cart needs a reminder. Reasons against a reminder: a statement, a later act of the shopper,
 * another reminder of the user, scarce products.
 */
function mustRemind(
  { user, cart, cycle, atMs, items }: Abandonment,
  { reminders, statements, check }: Reminded,
  scarce: ReadonlySet<string>,
): boolean {
  const stated = statements.get(user) ?? [];
  const hasConsent =
    stated.length > 0 && stated.every(one => one.isConsent && one.toMs + check.lateMs < atMs);
  const shopper = check.facts.find(facts => facts.some(fact => fact.user === user)) ?? [];
  const actsLater = shopper.some(({ toMs }) => toMs + check.lateMs > atMs);
  const isOther = (one: Reminder) => one.user === user && (one.cart !== cart || one.cycle !== cycle);
  const hasOther = reminders.some(one => isOther(one) && mayBeSent(one));
  return hasConsent && !actsLater && !hasOther && !items.every(({ product_id }) => scarce.has(product_id));
}

/** Selects the products whose opening stock may have run out: by orders and by losses. */
function scarceProducts(goods: readonly Goods[], { orders, losses }: Accepted): Set<string> {
  const units = new Map(losses);
  for (const { product_id, quantity } of [...orders.values()].flatMap(({ items }) => items))
    units.set(product_id, (units.get(product_id) ?? 0) + quantity);
  return new Set(
    goods.filter(({ product_id, stock }) => (units.get(product_id) ?? 0) >= stock).map(one => one.product_id),
  );
}
