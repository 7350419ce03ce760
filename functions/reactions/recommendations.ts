import { ERASED, isErased } from "../../shared/accounts/erased.ts";
import { userSignals } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { NOBODYS } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { RECOMMENDATIONS } from "../../shared/recommendations/read-signals.ts";
import type { Signal } from "../../shared/rules/recommend/signals.ts";
import { applySignals } from "../../shared/rules/recommend/signals.ts";

type Telling = PulseCartEvent<"cart.item_added" | "order.placed" | "purchase.completed">;

/** Keeps what each user showed an interest in: what the nightly makes its recommendations from. */
export const recommendations = reaction(
  RECOMMENDATIONS,
  {
    "cart.item_added": (event, work) =>
      hear(event, [{ item_id: event.payload.product_id, of: "product", interest: "carted" }], work),
    "order.placed": (event, work) => {
      const ordered = event.payload.items.map(({ product_id }) => product_id);
      return hear(
        event,
        ordered.map(item_id => ({ item_id, of: "product", interest: "ordered" })),
        work,
      );
    },
    "purchase.completed": async (event, work) => {
      const { course_id } = event.payload;
      if (course_id === undefined) return skip("it does not say which course");
      return hear(event, [{ item_id: course_id, of: "course", interest: "ordered" }], work);
    },
  },
  { projection: true },
);

async function hear(
  event: Telling,
  shown: readonly Omit<Signal, "at_ms">[],
  work: Work,
): Promise<Skip | undefined> {
  const { user_id } = event;
  if (user_id === undefined) return NOBODYS;
  // Accounts are no part of the projection: they are not in its own documents.
  if (await isErased(user_id, { get: readDocument })) return ERASED;
  const at_ms = happenedAt(event);
  const before = (await work.get(userSignals, user_id))?.signals ?? [];
  const after = applySignals(
    before,
    shown.map(signal => ({ ...signal, at_ms })),
  );
  if (after === before) return skip("nothing new, or too weak to be kept");
  work.set(userSignals, user_id, { user_id, signals: [...after] });
  return undefined;
}
