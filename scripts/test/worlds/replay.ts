import type { PulseCartEvent } from "../../../shared/events/envelope.ts";
import { enrich, fingerprintOf } from "../../../shared/events/envelope.ts";
import { collection, documentRef } from "../../../shared/google/firestore.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import { archivedEvents, archiveId } from "../../../shared/pipeline/records/archived-event.ts";
import { readLive } from "../../../shared/pipeline/records/generation.ts";
import type { Work } from "../../../shared/pipeline/work.ts";
import { replayFlags } from "../../operate/replay-flags.ts";
import { runReplay } from "../../operate/replay-run.ts";
import { hostFunction, loadFunctions } from "../../plan/load-functions.ts";
import { BASE_FUNCTIONS, countingReaction } from "./counting-reaction.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

type SignUp = PulseCartEvent<"user.signed_up">;
type Behaviour = (event: SignUp, work: Work) => Promise<unknown>;

/**
 * A world with two reactions that count sign-ups: the clerk, whose numbers cannot be rebuilt, and the tally, a
 * projection, each with what a test has it do besides.
 */
export interface ReplayWorld extends World {
  clerk: Map<string, Behaviour>;
  tally: Map<string, Behaviour>;
  /** How much one sign-up counts in the tally: a rule that changes. */
  weigh(weight: number): void;
  signUp(user: string, event_id: string): Promise<void>;
  /** Puts an event into the archive alone, as if no reaction had ever got it. */
  archiveOnly(user: string, event_id: string, receivedMs: number): Promise<void>;
  clerkOf(user: string): Promise<number | undefined>;
  tallyOf(user: string): Promise<number | undefined>;
  replay(args: readonly string[], control?: ReplayControl): Promise<Replayed>;
}

export interface ReplayControl {
  signal?: AbortSignal;
  pause?: () => Promise<void>;
}

export interface Replayed {
  code: number;
  text: string;
  notes: string;
}

export const clerkCounts = collection<{ times: number }>("clerk_counts");
export const tallyCounts = collection<{ times: number }>("tally_counts");

/** As long as a rebuild waits for the archive, so that one pause is enough. */
const PAUSE_MS = 2 * 60_000;

export async function startReplayWorld(): Promise<ReplayWorld> {
  const clerk: ReplayWorld["clerk"] = new Map();
  const tally: ReplayWorld["tally"] = new Map();
  let weight = 1;
  const load = async () => {
    const functions = await loadFunctions(BASE_FUNCTIONS);
    const clerking = countingReaction("clerk", clerkCounts, clerk);
    const hosted = [...functions, hostFunction(clerking)];
    const tallying = reaction(
      "tally",
      {
        "user.signed_up": async (event, work) => {
          work.increment(tallyCounts, event.user_id, { times: weight });
          return (await tally.get(event.user_id)?.(event, work)) as undefined;
        },
      },
      { projection: true },
    );
    return [...hosted, hostFunction(tallying)];
  };
  const world = await startWorld(load);
  return {
    ...world,
    clerk,
    tally,
    weigh: changed => {
      weight = changed;
    },
    signUp: async (user_id, event_id) => {
      const payload = { email: `${user_id}@example.com` };
      await world.send("POST", "/events/ingest", {
        event_type: "user.signed_up",
        event_id,
        user_id,
        payload,
      });
    },
    archiveOnly,
    clerkOf: async user => (await world.read(clerkCounts, user))?.times,
    tallyOf: async user => (await readLive("tally", tallyCounts, user))?.times,
    replay: async (args, { signal = new AbortController().signal, pause } = {}) => {
      const printed: string[] = [];
      const notes: string[] = [];
      const code = await runReplay(replayFlags([...args, "--who", "ann"]), {
        io: { out: text => printed.push(text), note: text => notes.push(text), signal },
        declarations: world.functions.map(({ declaration }) => declaration),
        pause: pause ?? (() => world.advance(PAUSE_MS)),
      });
      return { code, text: printed.join("\n"), notes: notes.join("\n") };
    },
  };
}

async function archiveOnly(user_id: string, event_id: string, receivedMs: number): Promise<void> {
  const payload = { email: `${user_id}@example.com` };
  const fact = { event_type: "user.signed_up" as const, event_id, user_id, payload };
  const event = enrich(fact, { nowMs: receivedMs, newId: () => event_id, producer: "ingest" });
  await documentRef(archivedEvents, archiveId(event)).set({
    event_type: event.event_type,
    event_id,
    producer: event.producer,
    subject: user_id,
    correlation_id: event.correlation_id,
    day: event.received_at.slice(0, 10),
    fingerprint: fingerprintOf(fact),
    event: JSON.stringify(event),
  });
}
