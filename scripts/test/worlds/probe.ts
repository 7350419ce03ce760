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
 * A world with functions that do what a test tells them to: the probe counts each user's sign-ups, the keeper keeps
 * each one in a document that is its own mark, the line handles them one after the other, the bell is a timer that
 * counts like the probe, and the postcard is what the outside world sees.
 */
export interface ProbeWorld extends World {
  /** What the probe does with a user's events, by user, the keeper by `keeper USER`, the line by `line USER`. */
  behaviours: Map<string, Behaviour>;
  /** What the postcard does, by its key. */
  postcards: Map<string, Partial<EffectRules<Postcard>>>;
  /** What the bell does besides, by user. */
  bells: Map<string, () => Promise<unknown>>;
  signUp(userId: string, fields?: object): Promise<Answer>;
  /** The probe's ledger entries about a user. */
  entriesOf(userId: string): Promise<(LedgerEntry & { id: string })[]>;
  /** How often a user's sign-ups were counted. */
  timesOf(userId: string): Promise<number | undefined>;
}

export interface Postcard {
  to: string;
}

const postcard = v.object({ to: v.string() });
const ringing = v.object({ user: v.string() });

/** What the keeper keeps: its documents are their own marks. */
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
