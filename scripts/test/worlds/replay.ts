import type { PulseCartEvent } from "../../../shared/events/envelope.ts";
import { enrich, fingerprintOf } from "../../../shared/events/envelope.ts";
import { collection, documentRef } from "../../../shared/google/firestore.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import { archivedEvents, archiveId } from "../../../shared/pipeline/records/archived-event.ts";
import { readLive } from "../../../shared/pipeline/records/generation.ts";
import type { Work } from "../../../shared/pipeline/work.ts";
import { MINUTE_MS } from "../../../shared/values/durations.ts";
import { replayFlags } from "../../operate/replay-flags.ts";
import { runReplay } from "../../operate/replay-run.ts";
import { hostFunction, loadFunctions } from "../../plan/load-functions.ts";
import { BASE_FUNCTIONS, countingReaction } from "./counting-reaction.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

type SignUp = PulseCartEvent<"user.signed_up">;
type Behaviour = (event: SignUp, work: Work) => Promise<unknown>;

/**
 * A world with two reactions that count sign-ups. The numbers of the reaction `clerk` cannot be rebuilt; `tally` is a
 * projection.
 */
export interface ReplayWorld extends World {
  /** Additional behaviour of `clerk`, by user. */
  clerk: Map<string, Behaviour>;
  /** Additional behaviour of `tally`, by user. */
  tally: Map<string, Behaviour>;
  /** Changes the number that one sign-up adds to the tally, as a new version of its rule would. */
  weigh(weight: number): void;
  /** Reports a sign-up. */
  signUp(user: string, event_id: string): Promise<void>;
  /** Writes an event to the archive only, as if no reaction had received it. */
  archiveOnly(user: string, event_id: string, receivedMs: number): Promise<void>;
  /** Reads the number that `clerk` counted for a user. */
  clerkOf(user: string): Promise<number | undefined>;
  /** Reads the number that the live generation of `tally` counted for a user. */
  tallyOf(user: string): Promise<number | undefined>;
  /** Runs the replay tool with these command-line arguments. */
  replay(args: readonly string[], control?: ReplayControl): Promise<Replayed>;
}

export interface ReplayControl {
  /** Stops the replay. Absent: the replay runs to its end. */
  signal?: AbortSignal;
  /** Replaces the pauses of the replay. Absent: the clock moves by PAUSE_MS. */
  pause?: () => Promise<void>;
}

/** Exit code and output of a replay. */
export interface Replayed {
  code: number;
  text: string;
  notes: string;
}

export const clerkCounts = collection<{ times: number }>("clerk_counts");
export const tallyCounts = collection<{ times: number }>("tally_counts");

/** Length of a pause: the time that a rebuild waits for the archive, so one pause is enough. */
const PAUSE_MS = 2 * MINUTE_MS;

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
