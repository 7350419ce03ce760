import * as v from "valibot";
import { PermanentError } from "../../../shared/errors.ts";
import type { PulseCartEvent } from "../../../shared/events/envelope.ts";
import { collection } from "../../../shared/google/firestore.ts";
import { idIn } from "../../../shared/http/path-id.ts";
import { command } from "../../../shared/pipeline/command.ts";
import { consumer } from "../../../shared/pipeline/consumer.ts";
import type { Declared } from "../../../shared/pipeline/declaration.ts";
import { effect } from "../../../shared/pipeline/effect.ts";
import { httpFunction } from "../../../shared/pipeline/http-function.ts";
import { adoption } from "../../../shared/pipeline/process/adoption.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import { USER_EVENTS } from "../../../shared/pipeline/receive/subscription-name.ts";
import { timer } from "../../../shared/pipeline/timer.ts";
import type { Work } from "../../../shared/pipeline/work.ts";
import { moodOf, sendOutside } from "./outside.ts";

/** State that shows how often it was changed. */
export const counts = collection<{ times: number }>("crash-counts");
/** State that shows in which order it was changed. */
export const lists = collection<{ event_ids: string[] }>("crash-lists");
/** What a timer changed. */
export const rings = collection<{ times: number; at_ms: number }>("crash-rings");
/** Documents that are their own marks. */
export const kept = collection<{ fingerprint: string }>("crash-kept");
/** Business keys. */
export const claims = collection<{ event_id: string }>("crash-claims");

/** How long after its arming the alarm rings. */
export const ALARM_AFTER_MS = 60_000;
/** How long after its planning an effect is due. */
export const EFFECT_AFTER_MS = 30_000;

type SignedUp = PulseCartEvent<"user.signed_up">;

const about = v.object({ key: v.string() });

/** Behaves as the world outside says, without touching anything that is under test. */
async function behave(key: string): Promise<void> {
  const mood = await moodOf(key);
  if (mood === "throws") throw new Error("it fails now");
  if (mood === "poison") throw new PermanentError("it can never be handled");
}

async function countOn(key: string, work: Work): Promise<number> {
  const times = ((await work.get(counts, key))?.times ?? 0) + 1;
  work.set(counts, key, { times });
  return times;
}

function announce(key: string, work: Work): void {
  work.emit({ event_type: "user.segment_changed", user_id: key, payload: { segment: "tried" } });
}

/** Kinds of functions, each by its name. A process hosts one of them; declaring it registers it there. */
export const declarations: Readonly<Record<string, () => Declared>> = {
  "blind-counter": () =>
    reaction("blind-counter", {
      "user.signed_up": async ({ user_id }, work) => {
        work.increment(counts, user_id, { times: 1 });
      },
    }),
  announcer: () =>
    reaction("announcer", {
      "user.signed_up": async ({ user_id }, work) => {
        work.increment(counts, user_id, { times: 1 });
        announce(user_id, work);
      },
    }),
  planner: () =>
    reaction("planner", {
      "user.signed_up": async ({ user_id: key }, work) => {
        await countOn(key, work);
        announce(key, work);
        work.emit({ event_type: "recommendation.updated", user_id: key, payload: { items: ["lamp"] } });
        work.timer("alarm", { key, dueMs: work.nowMs + ALARM_AFTER_MS, data: { key } });
        work.effect("postcard", { key, data: { key }, dueMs: work.nowMs + EFFECT_AFTER_MS });
      },
    }),
  keeper: () =>
    reaction(
      "keeper",
      {
        "user.signed_up": async ({ user_id, event_id }, work) => {
          work.increment(counts, user_id, { times: 1 });
          work.create(kept, event_id, { fingerprint: work.cause.fingerprint });
        },
      },
      { dedupeDocument: ({ event_id }) => ({ in: kept, id: event_id }) },
    ),
  claimer: () =>
    reaction("claimer", {
      "user.signed_up": async ({ user_id, event_id }, work) => {
        work.create(claims, user_id, { event_id });
        work.increment(counts, user_id, { times: 1 });
        announce(user_id, work);
      },
    }),
  moody: () =>
    reaction("moody", {
      "user.signed_up": async ({ user_id }, work) => {
        await behave(user_id);
        work.increment(counts, user_id, { times: 1 });
        announce(user_id, work);
      },
    }),
  line: () => reaction("line", { "user.signed_up": handleInLine }, { ordered: true }),
  desk: () =>
    httpFunction("desk", {
      "POST /desk/:id": command("desk", async ({ params, newId }, work) => {
        const key = idIn(params, "desk");
        const times = await countOn(key, work);
        announce(key, work);
        return { status: 201, body: { id: newId("dsk"), times }, aggregate: key };
      }),
    }),
  alarm: () =>
    timer("alarm", about, async ({ key }, work) => {
      await behave(key);
      const times = ((await work.get(rings, key))?.times ?? 0) + 1;
      work.set(rings, key, { times, at_ms: work.nowMs });
      work.emit({ event_type: "user.banned", user_id: key, payload: { reason: "rang", banned_by: "alarm" } });
    }),
  adopter: () => consumer("adopter", [{ topic: USER_EVENTS, filter: "" }], adoption("adopter")),
  "postcard-planner": () => plannerOf("postcard"),
  "letter-planner": () => plannerOf("letter"),
  postcard: () => outsideEffect("postcard", { repeatable: false }),
  letter: () => outsideEffect("letter", { repeatable: true }),
};

async function handleInLine({ user_id: key, event_id }: SignedUp, work: Work): Promise<void> {
  await behave(key);
  const before = (await work.get(lists, key))?.event_ids ?? [];
  work.set(lists, key, { event_ids: [...before, event_id] });
}

/** Plans one effect and nothing else. */
function plannerOf(kind: string): Declared {
  return reaction(`${kind}-planner`, {
    "user.signed_up": async ({ user_id: key }, work) => {
      work.effect(kind, { key, data: { key }, dueMs: work.nowMs + EFFECT_AFTER_MS });
    },
  });
}

function outsideEffect(name: string, { repeatable }: { repeatable: boolean }): Declared {
  return effect(name, about, {
    decide: async () => undefined,
    send: ({ key }, { id }) => sendOutside({ key, id }),
    repeatable: () => repeatable,
    personal: () => [],
  });
}
