import { REPORTED_CART_IS_OURS } from "../../shared/carts/decide-reminder.ts";
import { isCartKept } from "../../shared/carts/reported-cart.ts";
import { ABANDON_CART } from "../../shared/carts/write-cart.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { HOUR_MS } from "../../shared/values/durations.ts";

/** Delay of the reminder after the abandonment: long enough to reconsider the cart, short enough to remember it. */
const REMIND_AFTER_MS = 2 * HOUR_MS;

type Abandoned = PulseCartEvent<"cart.abandoned">;

/** Plans the reminder of an abandoned cart. The effect send-mail checks the cart again when the reminder is due. */
export const personalization = reaction("personalization", {
  "cart.abandoned": async (event, work): Promise<Skip | void> => {
    const { event_type, user_id, session_id, received_at, payload } = event;
    const { cart_id, cycle } = payload;
    const isReported = event.producer !== ABANDON_CART;
    if (isReported && (await isCartKept({ cart_id, session_id }, work))) return REPORTED_CART_IS_OURS;
    work.emit({
      event_type: "message.personalized_send",
      user_id,
      session_id,
      payload: {
        trigger: event_type,
        channel: "email",
        template_id: "tpl_abandon_v3",
        scheduled_at: new Date(Date.parse(received_at) + REMIND_AFTER_MS).toISOString(),
        cart_id,
        ...(isReported ? reportedContent(event) : { cycle }),
      },
    });
  },
});

/** Returns the content of a cart that another system keeps. Its cycles are not ours, so none is named. */
function reportedContent(event: Abandoned) {
  const { items, currency } = event.payload;
  const abandoned_at = new Date(happenedAt(event)).toISOString();
  return { items: items.map(item => ({ ...item })), currency, abandoned_at };
}
