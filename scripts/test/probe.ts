import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { collection } from "../../shared/google/firestore.ts";
import type { LedgerEntry } from "../../shared/pipeline/ledger-entry.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Work } from "../../shared/pipeline/unit-of-work.ts";
import { hostFunction, loadFunctions } from "../local/load-functions.ts";
import type { Answer, World } from "./world.ts";
import { startWorld } from "./world.ts";

type Behaviour = (event: PulseCartEvent<"user.signed_up">, work: Work) => Promise<unknown>;

/**
 * A world with two reactions that do what a test tells them to: the probe counts each user's sign-ups, the
 * keeper keeps each one in a document that is its own mark.
 */
export interface ProbeWorld extends World {
  /** What the probe does with a user's events, by user, and the keeper, by `keeper USER`. */
  behaviours: Map<string, Behaviour>;
  signUp(userId: string, fields?: object): Promise<Answer>;
  /** The probe's ledger entries about a user. */
  entriesOf(userId: string): Promise<(LedgerEntry & { id: string })[]>;
  /** How often a user's sign-ups were counted. */
  timesOf(userId: string): Promise<number | undefined>;
}

/** What the keeper keeps: its documents are their own marks. */
export const kept = collection<{ fingerprint: string; email: string }>("kept");

const counts = collection<{ times: number }>("probes");

export async function startProbe(): Promise<ProbeWorld> {
  const behaviours = new Map<string, Behaviour>();
  const keep = async (event: PulseCartEvent<"user.signed_up">, work: Work): Promise<void> => {
    await behaviours.get(`keeper ${event.user_id}`)?.(event, work);
    const { email } = event.payload;
    work.create(kept, event.event_id, { fingerprint: work.cause.fingerprint, email });
  };
  const load = async () => {
    const functions = await loadFunctions(["ingest/ingest.ts", "reactions/archive.ts", "schedules/sweep.ts"]);
    const probe = reaction("probe", {
      "user.signed_up": async (event, work) => {
        work.increment(counts, event.user_id, { times: 1 });
        return (await behaviours.get(event.user_id)?.(event, work)) as undefined;
      },
    });
    const hosted = [...functions, hostFunction(probe)];
    const ownMark = ({ event_id }: PulseCartEvent) => ({ in: kept, id: event_id });
    const keeper = reaction("keeper", { "user.signed_up": keep }, { ownMark });
    return [...hosted, hostFunction(keeper)];
  };
  const world = await startWorld({ load });
  return {
    ...world,
    behaviours,
    signUp: (userId, fields = {}) => {
      const payload = { email: `${userId}@example.com` };
      const event = { event_type: "user.signed_up", user_id: userId, payload, ...fields };
      return world.send("POST", "/events/ingest", event);
    },
    entriesOf: async userId =>
      (await world.ledgerOf("probe")).filter(({ cause }) => cause.subject === userId),
    timesOf: async userId => (await world.read(counts, userId))?.times,
  };
}
