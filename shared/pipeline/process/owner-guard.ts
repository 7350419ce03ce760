import type { PulseCartEvent } from "../../events/envelope.ts";
import type { Owned } from "../../events/ownership.ts";
import { judge, thingToJudge } from "../../events/ownership.ts";
import { collection } from "../../google/firestore.ts";
import { producers } from "../../producers/producers.ts";
import type { Skip } from "../skip.ts";
import { NOT_OWNER } from "../skip.ts";
import type { Work } from "../work.ts";

/**
 * Skips a fact about a thing that has another owner. A fact of an owner, or of a type without an owner, costs no read.
 * The read belongs to the transaction, so a concurrent claim conflicts with it.
 * @returns undefined when the fact counts
 * @throws Error while no fact has claimed the thing of a fact that waits: the event is deferred
 */
export async function skipForeign(event: PulseCartEvent, work: Pick<Work, "get">): Promise<Skip | undefined> {
  const thing = thingToJudge(event);
  const document = thing && (await work.get(collection<Owned>(thing.in), thing.id));
  const judgement = judge(event, document, producers());
  if (judgement === "waits")
    throw new Error("owner of the thing is unknown: expected the fact that claims it first");
  return judgement === "counts" ? undefined : NOT_OWNER;
}
