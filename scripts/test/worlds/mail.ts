import type { User } from "../../../shared/collections.ts";
import { consents, users } from "../../../shared/collections.ts";
import { documentRef } from "../../../shared/google/firestore.ts";
import { SEND_MAIL } from "../../../shared/mail/plan-mail.ts";
import type { EffectRecord } from "../../../shared/pipeline/records/effect-record.ts";
import { effectId, effects } from "../../../shared/pipeline/records/effect-record.ts";
import { DAY_MS, HOUR_MS } from "../../../shared/values/durations.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

/** A world with the functions that plan and send mail, without schedules. */
export interface MailWorld extends World {
  /** Writes an account with the address USER@example.com, and the consent of the user. */
  account(userId: string, fields?: Partial<User> & Agreed): Promise<void>;
  /** Reads the effect of a mail by its key: "welcome/usr_1". */
  effectOf(key: string): Promise<EffectRecord | undefined>;
  /** Sends an event to ingest and waits until every function is idle. */
  report(event: object): Promise<void>;
  /** Moves the clock to the next full hour `hour` of a day in UTC. */
  advanceTo(hour: number): Promise<void>;
}

interface Agreed {
  marketing_consent?: boolean;
  /** Time of the statement, in milliseconds. Absent: the beginning of time. */
  marketing_consent_at_ms?: number;
}

const FUNCTIONS = [
  "http/ingest",
  "http/accounts",
  "http/checkout",
  "http/products",
  "http/mail-preferences",
  "reactions/archive",
  "reactions/carts",
  "reactions/consent",
  "reactions/crm",
  "reactions/email",
  "reactions/inventory",
  "reactions/personalization",
  "reactions/procurement",
  "timers/abandon-cart",
  "timers/check-stock",
  "effects/send-mail",
];

/** Starts a mail world. */
export async function startMailWorld(): Promise<MailWorld> {
  const world = await startWorld(FUNCTIONS);
  return {
    ...world,
    account: async (userId, { marketing_consent, marketing_consent_at_ms: at_ms = 0, ...fields } = {}) => {
      const email = `${userId}@example.com`;
      const account: User = { user_id: userId, email, time_zone: "UTC", ...fields };
      await documentRef(users, userId).set(account);
      if (marketing_consent === undefined) return;
      await documentRef(consents, userId).set({ user_id: userId, marketing_consent, at_ms });
    },
    effectOf: key => world.read(effects, effectId(SEND_MAIL, key)),
    report: async event => {
      const answer = await world.send("POST", "/events/ingest", event);
      if (answer.status !== 202)
        throw new Error(
          `event was refused: expected 202, got ${answer.status} ${JSON.stringify(answer.body)}`,
        );
      await world.settle();
    },
    advanceTo: hour => {
      const nowMs = world.clock.now();
      const atMs = Math.floor(nowMs / DAY_MS) * DAY_MS + hour * HOUR_MS;
      return world.advance((atMs - nowMs + DAY_MS) % DAY_MS);
    },
  };
}
