import { reaction } from "../../shared/pipeline/reaction.ts";

/** Long enough to have thought it over, short enough to remember. */
const REMIND_AFTER_MS = 2 * 60 * 60_000;

/** Plans the reminder of a cart that was left alone. Whether it still is shows when the time has come. */
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
