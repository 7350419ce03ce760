import * as v from "valibot";
import type { PulseCartEvent } from "../../../shared/events/envelope.ts";
import { collection } from "../../../shared/google/firestore.ts";
import { effect } from "../../../shared/pipeline/effect.ts";
import type { EffectRules } from "../../../shared/pipeline/process/effect-lease.ts";
import { reaction } from "../../../shared/pipeline/reaction.ts";
import type { LedgerEntry } from "../../../shared/pipeline/records/ledger-entry.ts";
import { timer } from "../../../shared/pipeline/timer.ts";
import type { Work } from "../../../shared/pipeline/work.ts";
import { hostFunction, loadFunctions } from "../../plan/load-functions.ts";
import { BASE_FUNCTIONS, countingReaction } from "./counting-reaction.ts";
import type { Answer, World } from "./world.ts";
import { startWorld } from "./world.ts";

type Behaviour = (event: PulseCartEvent<"user.signed_up">, work: Work) => Promise<unknown>;

/**
 * A world whose functions run the handlers of a test:
 * - `probe` counts each user's sign-ups,
 * - `keeper` creates a dedupe document for each sign-up,
 * - `line` is ordered and handles a user's sign-ups one after the other,
 * - `bell` is a timer that counts like the probe,
 * - `postcard` is an effect.
 */
export interface ProbeWorld extends World {
  /** Handlers by user: of the probe under `USER`, of the keeper under `keeper USER`, of the line under `line USER`. */
  behaviours: Map<string, Behaviour>;
  /** Rules of the postcard, by its receiver `to`. */
  postcards: Map<string, Partial<EffectRules<Postcard>>>;
  /** Additional handlers of the bell, by user. */
  bells: Map<string, () => Promise<unknown>>;
  signUp(userId: string, fields?: object): Promise<Answer>;
  /** Returns the probe's ledger entries of a user. */
  entriesOf(userId: string): Promise<(LedgerEntry & { id: string })[]>;
  /** Returns the number of a user's counted sign-ups. */
  timesOf(userId: string): Promise<number | undefined>;
}

export interface Postcard {
  to: string;
}

const postcard = v.object({ to: v.string() });
const ringing = v.object({ user: v.string() });

/** The dedupe documents of the keeper. */
export const kept = collection<{ fingerprint: string; email: string }>("kept");

const counts = collection<{ times: number }>("probes");

export async function startProbe(): Promise<ProbeWorld> {
  const behaviours = new Map<string, Behaviour>();
  const postcards: ProbeWorld["postcards"] = new Map();
  const bells: ProbeWorld["bells"] = new Map();
  const keep = async (event: PulseCartEvent<"user.signed_up">, work: Work): Promise<void> => {
    await behaviours.get(`keeper ${event.user_id}`)?.(event, work);
    const { email } = event.payload;
    work.create(kept, event.event_id, { fingerprint: work.cause.fingerprint, email });
  };
  const load = async () => {
    const functions = await loadFunctions(BASE_FUNCTIONS);
    const probe = countingReaction("probe", counts, behaviours);
    const hosted = [...functions, hostFunction(probe)];
    const line = reaction(
      "line",
      {
        "user.signed_up": async (event, work) =>
          (await behaviours.get(`line ${event.user_id}`)?.(event, work)) as undefined,
      },
      { ordered: true },
    );
    const inLine = hostFunction(line);
    const sender = hostFunction(
      effect("postcard", postcard, {
        decide: async (card, documents) => postcards.get(card.to)?.decide?.(card, documents),
        send: async (card, about) => postcards.get(card.to)?.send?.(card, about),
        personal: card => [card.to],
        repeatable: card => postcards.get(card.to)?.repeatable?.(card) ?? false,
      }),
    );
    const bell = timer("bell", ringing, async ({ user }, work) => {
      work.increment(counts, user, { times: 1 });
      await bells.get(user)?.();
    });
    const bellHosted = hostFunction(bell);
    const dedupeDocument = ({ event_id }: PulseCartEvent) => ({ in: kept, id: event_id });
    const keeper = reaction("keeper", { "user.signed_up": keep }, { dedupeDocument });
    return [...hosted, inLine, sender, bellHosted, hostFunction(keeper)];
  };
  const world = await startWorld(load);
  return {
    ...world,
    behaviours,
    postcards,
    bells,
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
