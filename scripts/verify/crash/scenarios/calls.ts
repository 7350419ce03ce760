import { firestore } from "../../../../shared/google/firestore.ts";
import { ledger } from "../../../../shared/pipeline/records/ledger.ts";
import type { Cell, Scenario } from "../stage/scenario.ts";
import type { Call } from "../stage/stage.ts";

/** The publish time of the first message. A later letter in an event's name is a later message. */
const PUBLISHED_MS = Date.parse("2026-01-01T00:00:00Z");

/** Returns a Pub/Sub push of an added item, a fact without an owner. Equal names are one message. */
export function addedItem(
  functionName: string,
  cell: Cell,
  { name = "it", product_id = "prod_a" } = {},
): Call {
  return pushOf(functionName, cell, {
    name,
    fact: { event_type: "cart.item_added", payload: { product_id, quantity: 1 } },
  });
}

/** Returns a Pub/Sub push of a sign-up that an outside system reports. Its user may have another owner. */
export function signUp(functionName: string, cell: Cell): Call {
  const fact = { event_type: "user.signed_up", payload: { email: "a@example.com" } };
  return pushOf(functionName, cell, { name: "it", fact });
}

function pushOf(
  functionName: string,
  cell: Cell,
  { name, fact }: { name: string; fact: { event_type: string; payload: object } },
): Call {
  const eventId = cell.eventId(name);
  const at = new Date(PUBLISHED_MS + name.charCodeAt(0)).toISOString();
  const event = {
    ...fact,
    event_id: eventId,
    timestamp: at,
    user_id: cell.key,
    session_id: cell.key,
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
    fingerprint: JSON.stringify(fact.payload),
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

/** Makes an added item the message under test. */
export const pushTo = (functionName: string, name = "it") => ({
  functionName,
  call: async (cell: Cell) => addedItem(functionName, cell, { name }),
});

/** Makes Cloud Tasks' release of an event's first failure the message under test. */
export const releaseOf = (functionName: string, name = "it") => ({
  functionName,
  call: async (cell: Cell) => {
    const id = await onlyIdIn(ledger.name, "cause.id", cell.eventId(name));
    return { functionName, path: "/release", body: { ledger_id: id, n: 1 } };
  },
});

/** Calls the timer of a cell, as Cloud Tasks does. */
export const callTimer: Scenario["call"] = async ({ key }) => ({
  functionName: "alarm",
  path: "/",
  body: { key, correlation_id: "cor_1", data: { key } },
});

/** @throws Error when not exactly one document has this value */
export async function onlyIdIn(collectionName: string, field: string, value: string): Promise<string> {
  // The few documents are filtered here: no other query uses these fields, so they have no index.
  const all = await firestore().collection(collectionName).get();
  const [first, ...others] = all.docs.filter(document => document.get(field) === value);
  if (first && others.length === 0) return first.id;
  const count = first ? others.length + 1 : 0;
  throw new Error(
    `Documents of ${collectionName} with ${field} ${value} ambiguous: expected 1, got ${count}`,
  );
}
