import * as v from "valibot";
import { PermanentError } from "../../../../shared/errors.ts";
import type { PulseCartEvent } from "../../../../shared/events/envelope.ts";
import { collection } from "../../../../shared/google/firestore.ts";
import { idIn } from "../../../../shared/http/path-id.ts";
import { command } from "../../../../shared/pipeline/command.ts";
import { consumer } from "../../../../shared/pipeline/consumer.ts";
import type { Declared } from "../../../../shared/pipeline/declaration.ts";
import { effect } from "../../../../shared/pipeline/effect.ts";
import { httpFunction } from "../../../../shared/pipeline/http-function.ts";
import { adoption } from "../../../../shared/pipeline/process/adoption.ts";
import { reaction } from "../../../../shared/pipeline/reaction.ts";
import { USER_EVENTS } from "../../../../shared/pipeline/receive/subscription-name.ts";
import { timer } from "../../../../shared/pipeline/timer.ts";
import type { Work } from "../../../../shared/pipeline/work.ts";
import { behaviourFor, sendToExternalSystem } from "./external-system.ts";

/** Counters: the number of changes by key. */
export const counts = collection<{ times: number }>("crash-counts");
/** The ids of events by key, in the order of their changes. */
export const lists = collection<{ event_ids: string[] }>("crash-lists");
/** Changes by the timer, by key. */
export const rings = collection<{ times: number; at_ms: number }>("crash-rings");
/** Dedupe documents, by event id. */
export const dedupeDocuments = collection<{ fingerprint: string }>("crash-dedupe");
/** Business keys: the key of each claim is unique. */
export const claims = collection<{ event_id: string }>("crash-claims");

/** The delay of the timer, in milliseconds. */
export const ALARM_AFTER_MS = 60_000;
/** The delay of an effect, in milliseconds. */
export const EFFECT_AFTER_MS = 30_000;

type ItemAdded = PulseCartEvent<"cart.item_added">;

const dataSchema = v.object({ key: v.string() });

/** Works or throws, as the external system says. The call is no part of the protocol under test. */
async function behave(key: string): Promise<void> {
  const behaviour = await behaviourFor(key);
  if (behaviour === "throws") throw new Error("The handler fails for now");
  if (behaviour === "throws a permanent error") throw new PermanentError("The event can never be handled");
}

async function increment(key: string, work: Work): Promise<number> {
  const times = ((await work.get(counts, key))?.times ?? 0) + 1;
  work.set(counts, key, { times });
  return times;
}

function emitChange(key: string, work: Work): void {
  work.emit({ event_type: "user.segment_changed", user_id: key, payload: { segment: "tried" } });
}

/** The functions of the scenarios, by name. A process declares, and so registers, only the ones it hosts. */
export const declarations: Readonly<Record<string, () => Declared>> = {
  "blind-counter": () =>
    reaction("blind-counter", {
      "cart.item_added": async ({ user_id }, work) => {
        work.increment(counts, user_id, { times: 1 });
      },
    }),
  // A sign-up has an owner: the guard of owners reads the user before the handler runs.
  registrar: () =>
    reaction("registrar", {
      "user.signed_up": async ({ user_id }, work) => {
        work.increment(counts, user_id, { times: 1 });
      },
    }),
  announcer: () =>
    reaction("announcer", {
      "cart.item_added": async ({ user_id }, work) => {
        work.increment(counts, user_id, { times: 1 });
        emitChange(user_id, work);
      },
    }),
  planner: () =>
    reaction("planner", {
      "cart.item_added": async ({ user_id: key }, work) => {
        await increment(key, work);
        emitChange(key, work);
        work.emit({ event_type: "recommendation.updated", user_id: key, payload: { items: ["lamp"] } });
        work.timer("alarm", { key, dueMs: work.nowMs + ALARM_AFTER_MS, data: { key } });
        work.effect("postcard", { key, data: { key }, dueMs: work.nowMs + EFFECT_AFTER_MS });
      },
    }),
  keeper: () =>
    reaction(
      "keeper",
      {
        "cart.item_added": async ({ user_id, event_id }, work) => {
          work.increment(counts, user_id, { times: 1 });
          work.create(dedupeDocuments, event_id, { fingerprint: work.cause.fingerprint });
        },
      },
      { dedupeDocument: ({ event_id }) => ({ in: dedupeDocuments, id: event_id }) },
    ),
  claimer: () =>
    reaction("claimer", {
      "cart.item_added": async ({ user_id, event_id }, work) => {
        work.create(claims, user_id, { event_id });
        work.increment(counts, user_id, { times: 1 });
        emitChange(user_id, work);
      },
    }),
  flaky: () =>
    reaction("flaky", {
      "cart.item_added": async ({ user_id }, work) => {
        await behave(user_id);
        work.increment(counts, user_id, { times: 1 });
        emitChange(user_id, work);
      },
    }),
  ordered: () => reaction("ordered", { "cart.item_added": appendToList }, { ordered: true }),
  desk: () =>
    httpFunction("desk", {
      "POST /desk/:id": command("desk", async ({ params, newId }, work) => {
        const key = idIn(params, "desk");
        const times = await increment(key, work);
        emitChange(key, work);
        return { status: 201, body: { id: newId("dsk"), times }, aggregate: key };
      }),
    }),
  alarm: () =>
    timer("alarm", dataSchema, async ({ key }, work) => {
      await behave(key);
      const times = ((await work.get(rings, key))?.times ?? 0) + 1;
      work.set(rings, key, { times, at_ms: work.nowMs });
      work.emit({ event_type: "user.banned", user_id: key, payload: { reason: "rang", banned_by: "alarm" } });
    }),
  adopter: () => consumer("adopter", [{ topic: USER_EVENTS, filter: "" }], adoption("adopter")),
  "postcard-planner": () => plannerOf("postcard"),
  "letter-planner": () => plannerOf("letter"),
  postcard: () => externalEffect("postcard", { repeatable: false }),
  letter: () => externalEffect("letter", { repeatable: true }),
};

async function appendToList({ user_id: key, event_id }: ItemAdded, work: Work): Promise<void> {
  await behave(key);
  const before = (await work.get(lists, key))?.event_ids ?? [];
  work.set(lists, key, { event_ids: [...before, event_id] });
}

/** Declares a reaction that only plans an effect. */
function plannerOf(kind: string): Declared {
  return reaction(`${kind}-planner`, {
    "cart.item_added": async ({ user_id: key }, work) => {
      work.effect(kind, { key, data: { key }, dueMs: work.nowMs + EFFECT_AFTER_MS });
    },
  });
}

function externalEffect(name: string, { repeatable }: { repeatable: boolean }): Declared {
  return effect(name, dataSchema, {
    decide: async () => undefined,
    send: ({ key }, { id }) => sendToExternalSystem({ key, id }),
    repeatable: () => repeatable,
    personal: () => [],
  });
}
