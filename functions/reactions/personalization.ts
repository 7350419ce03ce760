import { reaction } from "../../shared/pipeline/reaction.ts";
import { HOUR_MS } from "../../shared/values/durations.ts";

/** Delay of the reminder after the abandonment: long enough to reconsider the cart, short enough to remember it. */
const REMIND_AFTER_MS = 2 * HOUR_MS;

/** Plans the reminder of an abandoned cart. The effect send-mail checks the cart again when the reminder is due. */
export const personalization = reaction("personalization", {
  "cart.abandoned": async ({ event_type, user_id, session_id, received_at, payload }, work) => {
    const { cart_id, cycle } = payload;
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
        cycle,
      },
    });
  },
});
