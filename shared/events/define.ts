import * as v from "valibot";
import { MAX_MONEY } from "../values/limits.ts";
import type { JsonObject } from "./fault.ts";
import { CLEAN_TEXT_WORDS, isCleanText } from "./json-body.ts";
import { MAX_ITEMS, MAX_QUANTITY } from "./limits.ts";
import { normaliseTimestamp } from "./timestamp.ts";

/** The ids that stand in the envelope; where an event's payload holds one of them, it moves up. */
export type EnvelopeId = "user_id" | "session_id" | "order_id";

/**
 * Which of these ids an event has. One that is not named is kept where the sender put it and means nothing
 * to PulseCart.
 */
export type EnvelopeNeeds = {
  readonly [Id in EnvelopeId]?: "required" | "optional";
};

export type Topic = "pulsecart.user-actions" | "pulsecart.commerce-events" | "pulsecart.system-events";

/** Where the name of a subject stands in an event. */
export type SubjectField = "user_id" | "order_id" | `/payload/${string}`;

export type PayloadSchema = v.GenericSchema<JsonObject, JsonObject>;

/** All that PulseCart knows about one type of event. */
export interface EventDefinition<
  Type extends string = string,
  Needs extends EnvelopeNeeds = EnvelopeNeeds,
  Schema extends PayloadSchema = PayloadSchema,
> {
  readonly type: Type;
  /** One line: what has happened when this event is published. */
  readonly doc: string;
  readonly topic: Topic;
  /** The first of these that an event names is its subject. The last one is always there. */
  readonly subject: readonly SubjectField[];
  /** Whether events of one subject are delivered in their order; without order they are batched. */
  readonly ordered: boolean;
  /** The only producer that may publish it; absent, anybody may. */
  readonly owner?: string;
  readonly envelope: Needs;
  readonly schema: Schema;
  /** The version the schema describes. An event that names no version has version 1. */
  readonly version: number;
  /** From each older version to the next. They see payloads nobody has checked and must not throw. */
  readonly upcasters: Readonly<Record<number, (payload: JsonObject) => JsonObject>>;
  /** Other names it is accepted under. */
  readonly aliases: readonly string[];
  /** JSON Pointers of personal data: never logged, never repeated in an answer. */
  readonly personal: readonly string[];
  /** A whole event as a producer sends it. */
  readonly example: {
    readonly event_type: Type;
    readonly payload: v.InferInput<Schema>;
  } & JsonObject;
}

/** Fills in what most types have in common: version 1, ordered, no other names, no personal data. */
export function defineEvent<
  const Type extends string,
  const Needs extends EnvelopeNeeds,
  Schema extends PayloadSchema,
>(
  definition: Omit<EventDefinition<Type, Needs, Schema>, Preset> &
    Partial<Pick<EventDefinition<Type, Needs, Schema>, Preset>>,
): EventDefinition<Type, Needs, Schema> {
  return {
    version: 1,
    ordered: true,
    upcasters: {},
    aliases: [],
    personal: [],
    ...definition,
  };
}

type Preset = "version" | "ordered" | "upcasters" | "aliases" | "personal";

// The pieces payloads are made of. Each names what it expects in its first message: a fault says it.

const ID_WORDS =
  "an id: 1 to 128 characters without blanks or slashes (a whole number is taken as its digits), " +
  "no reserved name such as __proto__";
// Ids become Firestore document ids, ordering keys and path segments: what any of the three refuses is refused.
const ID_SHAPE = /^(?!\.{1,2}$)(?!__)(?!(?:constructor|prototype)$)[^\s\p{Cc}\p{Cf}\p{Cs}/]{1,128}$/u;

/** An id. Some producers number theirs: a whole number becomes a string, unless it is too large to be exact. */
export const id = v.pipe(
  v.union(
    [v.string(ID_WORDS), v.pipe(v.number(ID_WORDS), v.safeInteger(ID_WORDS), v.minValue(0, ID_WORDS))],
    ID_WORDS,
  ),
  v.transform(value => String(value)),
  v.regex(ID_SHAPE, ID_WORDS),
);

/** Whether a value is an id as PulseCart writes it. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID_SHAPE.test(value);
}

const MONEY_WORDS = `an amount of money: a decimal number from 0 to ${MAX_MONEY}`;

/** An amount in the currency's main unit, as it travels: 89.99. How many decimals fit is the currency's matter. */
export const money = v.pipe(
  v.number(MONEY_WORDS),
  v.finite(MONEY_WORDS),
  v.minValue(0, MONEY_WORDS),
  v.maxValue(MAX_MONEY, MONEY_WORDS),
);

const CURRENCY_WORDS = 'a currency: three capital letters (ISO 4217), such as "USD"';
export const currency = v.pipe(v.string(CURRENCY_WORDS), v.regex(/^[A-Z]{3}$/, CURRENCY_WORDS));

/** A whole number in a range. */
export function wholeNumber(least: number, most: number) {
  const words = `a whole number from ${least} to ${most}`;
  return v.pipe(v.number(words), v.safeInteger(words), v.minValue(least, words), v.maxValue(most, words));
}

export const quantity = wholeNumber(1, MAX_QUANTITY);

const TIMESTAMP_WORDS =
  'a real moment as in RFC 3339, such as "2025-06-18T10:23:41Z" (without a zone it is UTC)';

/** A moment, in ISO 8601 with milliseconds and Z whatever way it was written. */
export const timestamp = v.pipe(
  v.string(TIMESTAMP_WORDS),
  v.check(text => normaliseTimestamp(text) !== undefined, TIMESTAMP_WORDS),
  v.transform(text => normaliseTimestamp(text) ?? text),
);

/** Free text, possibly empty and of several lines. */
export function text(longest: number) {
  const words = `text of at most ${longest} characters, ${CLEAN_TEXT_WORDS}`;
  return v.pipe(v.string(words), v.maxLength(longest, words), v.check(isCleanText, words));
}

// Line and paragraph separators end a line as well, and are no control characters.
const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u;

/** What something is called, for people to read: never empty, without line breaks and other control characters. */
export function oneLine(longest: number) {
  const words = `one line of 1 to ${longest} characters without control characters`;
  return v.pipe(v.string(words), v.maxLength(longest, words), v.regex(ONE_LINE, words));
}

const LABEL_WORDS = "a name of 1 to 128 characters";

/** A short name out of somebody's own list: a channel, a segment. */
export const label = v.pipe(
  v.string(LABEL_WORDS),
  v.minLength(1, LABEL_WORDS),
  v.maxLength(128, LABEL_WORDS),
);

const EMAIL_WORDS = "an e-mail address";
const ATOM = /[^\s\p{Cc}\p{Cf}\p{Cs}@.<>()[\],;:\\"]+/u.source;
const DOMAIN_LABEL = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?/u.source;
/**
 * What mail servers take for an address, in any script (RFC 5321, 4.1.2 without quotes and address literals; RFC
 * 6531). Whether it exists shows when a mail is sent.
 */
const EMAIL_SHAPE = new RegExp(
  `^(?=[^@]{1,64}@[^@]{1,255}$)${ATOM}(?:\\.${ATOM})*@${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*$`,
  "u",
);
export const email = v.pipe(v.string(EMAIL_WORDS), v.regex(EMAIL_SHAPE, EMAIL_WORDS));

/** 1 to 200 of something. The count is looked at first: a list far too long is one fault, not thousands. */
export function listOf<Item extends v.GenericSchema>(item: Item) {
  const words = `a list of 1 to ${MAX_ITEMS} entries`;
  return v.pipe(
    v.array(v.unknown(), words),
    v.minLength(1, words),
    v.maxLength(MAX_ITEMS, words),
    v.array(item, words),
  );
}

/** An object with these fields; what else it holds is kept as it is. */
export function fields<Entries extends v.ObjectEntries>(entries: Entries) {
  const words = new Map(Object.entries(entries).map(([name, entry]) => [name, wordsOf(entry)]));
  return v.looseObject(entries, issue => words.get(String(issue.path?.at(-1)?.key)) ?? "an object");
}

/** What a schema expects. Its pieces say it in the message of their first step. */
export function wordsOf(schema: object): string {
  if ("message" in schema && typeof schema.message === "string") return schema.message;
  return "entries" in schema ? "an object" : "a value";
}
