import { isErased, PERSON_ERASED } from "../../shared/accounts/erased.ts";
import { userSignals } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { GUEST_ORDER } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { RECOMMENDATIONS } from "../../shared/recommendations/read-signals.ts";
import type { Signal } from "../../shared/rules/recommend/signals.ts";
import { applySignals } from "../../shared/rules/recommend/signals.ts";

type SignalEvent = PulseCartEvent<"cart.item_added" | "order.placed" | "purchase.completed">;

/** Keeps the interests of each user. The day close computes recommendations from them. */
export const recommendations = reaction(
  RECOMMENDATIONS,
  {
    "cart.item_added": (event, work) =>
      addSignals(event, [{ item_id: event.payload.product_id, of: "product", interest: "carted" }], work),
    "order.placed": (event, work) => {
      const ids = event.payload.items.map(({ product_id }) => product_id);
      const signals = ids.map(item_id => ({ item_id, of: "product", interest: "ordered" }) as const);
      return addSignals(event, signals, work);
    },
    "purchase.completed": async (event, work) => {
      const { course_id } = event.payload;
      if (course_id === undefined) return skip("the purchase has no course_id");
      return addSignals(event, [{ item_id: course_id, of: "course", interest: "ordered" }], work);
    },
  },
  { projection: true },
);

async function addSignals(
  event: SignalEvent,
  signals: readonly Omit<Signal, "at_ms">[],
  work: Work,
): Promise<Skip | void> {
  const { user_id } = event;
  if (user_id === undefined) return GUEST_ORDER;
  // A unit of work of a projection reads its own generation only; accounts lie outside it.
  if (await isErased(user_id, { get: readDocument })) return PERSON_ERASED;
  const at_ms = happenedAt(event);
  const before = (await work.get(userSignals, user_id))?.signals ?? [];
  const after = applySignals(
    before,
    signals.map(signal => ({ ...signal, at_ms })),
  );
  if (after === before) return skip("the signals of this event are known or too weak to be kept");
  work.set(userSignals, user_id, { user_id, signals: [...after] });
}
