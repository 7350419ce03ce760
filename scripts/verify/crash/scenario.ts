import type { Mood } from "./outside.ts";
import type { Call, Stage } from "./stage.ts";

/** What becomes of the message at its point. */
export const variants = {
  /** The process is killed, and the message comes again to another one. */
  redelivered: "killed, redelivered",
  /** Meanwhile its duplicate is handled by another process; then the first is killed, and the message comes again. */
  overlapped: "overlapped, killed, redelivered",
  /** Meanwhile its duplicate is handled by another process; then the first goes on. */
  resumed: "overlapped, goes on",
  /** The process is killed and the message never comes again. */
  forsaken: "killed, never again",
} as const;

export type Variant = keyof typeof variants;

/** What happened to one message, as far as it matters for how it must end. */
export interface Fate {
  /** Undefined: nothing happened to it. */
  variant: Variant | undefined;
  /** Whether this call of the first process was carried out before the kill: "Commit 1". */
  reached(call: string): boolean;
}

/** Where the state that a message can have touched must stand in the end. What is left out must not be there. */
export interface Books {
  /** How often the state was changed. */
  times?: number;
  /** In which order, by the names of the events. */
  order?: readonly string[];
  /** Of each type, under how many ids it was published. */
  published?: Readonly<Record<string, number>>;
  /** How often the alarm rang. */
  rings?: number;
  /** How the effect stands, how often the world outside saw it, and under how many ids. */
  effect?: { state: string; sendings: number; ids: number };
  /** Every ledger entry, "name state", sorted. */
  ledger?: readonly string[];
}

/** One message on its way to its point. */
export interface Cell {
  scenario: Scenario;
  /** Whom everything in it is about; nobody else's state is touched. */
  key: string;
  /** The ids of events in it, by the names that the scenario gives them. */
  eventId(name: string): string;
}

export interface Scenario {
  name: string;
  functionName: string;
  /** Brings about what the message finds. */
  prepare?(cell: Cell, stage: Stage): Promise<void>;
  /** A queue that delivers nothing until the points were tried, and forgets the preparation: tasks are played by hand. */
  holds?: string;
  /** How its function behaves from the message on until all is over; then it works. */
  mood?: Mood;
  /** It is over only some time after its message was acknowledged. */
  takesTime?: true;
  /** Whoever sends it cares for the answer: it must be the same each time. */
  isAnswered?: true;
  /** The message, whose way is the matter. */
  call(cell: Cell, stage: Stage): Promise<Call>;
  /** How the books must stand in the end. */
  books(fate: Fate): Books;
}

/** A Pub/Sub push of a sign-up. The same name is the same message. */
export function signUp(
  functionName: string,
  cell: Cell,
  { name = "it", email = "a@example.com" } = {},
): Call {
  const eventId = cell.eventId(name);
  const at = new Date(PUBLISHED_MS + name.charCodeAt(0)).toISOString();
  const event = {
    event_type: "user.signed_up",
    event_id: eventId,
    timestamp: at,
    user_id: cell.key,
    payload: { email },
    schema_version: 1,
    producer: "ingest",
    received_at: at,
    correlation_id: eventId,
  };
  const data = Buffer.from(JSON.stringify(event)).toString("base64");
  const attributes = {
    event_type: event.event_type,
    event_id: eventId,
    subject: cell.key,
    fingerprint: email,
  };
  return {
    functionName,
    path: "/",
    body: {
      subscription: `projects/demo-pulsecart/subscriptions/${functionName}`,
      message: { data, attributes, messageId: eventId, publishTime: at },
    },
  };
}

/** When the first message of all was published: a later letter is a later message. */
const PUBLISHED_MS = Date.parse("2026-01-01T00:00:00Z");
