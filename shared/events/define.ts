import * as v from "valibot";
import { CURRENCY_WORDS, isCurrency } from "../values/currencies.ts";
import { MAX_MONEY } from "../values/limits.ts";
import { CLEAN_TEXT_WORDS, isCleanText } from "./clean-text.ts";
import type { JsonObject } from "./json-object.ts";
import { MAX_ITEMS, MAX_QUANTITY } from "./limits.ts";
import { normaliseTimestamp } from "./timestamp.ts";

/** The ids of the envelope. An id that a sender puts into the payload moves up. */
export type EnvelopeId = "user_id" | "session_id" | "order_id";

/** The ids that an event type has. PulseCart ignores an unnamed id and keeps it where the sender put it. */
export type EnvelopeNeeds = {
  readonly [Id in EnvelopeId]?: "required" | "optional";
};

export type Topic = "pulsecart.user-actions" | "pulsecart.commerce-events" | "pulsecart.system-events";

/** The place of a subject's id in an event. */
export type SubjectField = "user_id" | "order_id" | `/payload/${string}`;

/** The thing that a fact is about, for a type with an owner. */
export interface OwnedThing {
  /** Collection of the thing's document, which carries `owned_by` and `owned_since_ms`. */
  readonly in: string;
  /** Places of the thing's id: the first field that is present names the thing. */
  readonly id: readonly (SubjectField | "event_id")[];
  /**
   * Rights of other systems over things that they made. `claims`: the fact makes its producer the owner. `reports`: a
   * fact of any producer counts, such as a payment. `never`: this shop alone announces the fact, about every thing.
   * Absent: a fact of the thing's owner counts.
   */
  readonly outside?: "claims" | "reports" | "never";
  /** True when the fact waits for the fact that claims the thing, where several owners are configured. */
  readonly waits?: true;
}

export type PayloadSchema = v.GenericSchema<JsonObject, JsonObject>;

/** The catalogue entry of one event type. */
export interface EventDefinition<
  Type extends string = string,
  Needs extends EnvelopeNeeds = EnvelopeNeeds,
  Schema extends PayloadSchema = PayloadSchema,
> {
  readonly type: Type;
  /** The fact that the event states, in one line. Generated tables show it. */
  readonly doc: string;
  readonly topic: Topic;
  /** Places of the subject: the first field that is present gives the subject. The last one is always present. */
  readonly subject: readonly SubjectField[];
  /** True when events of one subject are delivered in order; unordered events are batched. */
  readonly ordered: boolean;
  /** The functions of this shop that decide about such things and announce it. Absent: no function here decides. */
  readonly owner?: readonly string[];
  /** The thing that the fact is about. Present exactly when the type has an owner. */
  readonly thing?: OwnedThing;
  readonly envelope: Needs;
  readonly schema: Schema;
  /** The version that the schema describes. An event that names no version has version 1. */
  readonly version: number;
  /** A function from each older version to the next one. Its payloads are unchecked, and it must not throw. */
  readonly upcasters: Readonly<Record<number, (payload: JsonObject) => JsonObject>>;
  /** Other accepted names of the type. */
  readonly aliases: readonly string[];
  /** JSON Pointers of personal data, which logs and answers never repeat. */
  readonly personal: readonly string[];
  /** A whole event as a producer sends it. Tests validate it, and `anEvent` starts from it. */
  readonly example: {
    readonly event_type: Type;
    readonly payload: v.InferInput<Schema>;
  } & JsonObject;
}

/** Declares an event type. Defaults: version 1, ordered, no aliases, no personal data. */
export function defineEvent<
  const Type extends string,
  const Needs extends EnvelopeNeeds,
  Schema extends PayloadSchema,
>(
  definition: Omit<EventDefinition<Type, Needs, Schema>, Defaulted> &
    Partial<Pick<EventDefinition<Type, Needs, Schema>, Defaulted>>,
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

type Defaulted = "version" | "ordered" | "upcasters" | "aliases" | "personal";

// The schemas of payload fields. The first message of each schema states the expectation that a fault repeats.

const ID_WORDS =
  "an id: 1 to 128 characters without blanks or slashes (a whole number is read as its digits), " +
  "no reserved name such as __proto__";
// Ids become Firestore document ids, ordering keys and path segments. The shape holds what all three accept.
const ID_SHAPE = /^(?!\.{1,2}$)(?!__)(?!(?:constructor|prototype)$)[^\s\p{Cc}\p{Cf}\p{Cs}/]{1,128}$/u;

/** An id. A producer may send numbers: an exact whole number from 0 up becomes a string. */
export const id = v.pipe(
  v.union(
    [v.string(ID_WORDS), v.pipe(v.number(ID_WORDS), v.safeInteger(ID_WORDS), v.minValue(0, ID_WORDS))],
    ID_WORDS,
  ),
  v.transform(value => String(value)),
  v.regex(ID_SHAPE, ID_WORDS),
);

/** Tells whether a value is an id in PulseCart's own format. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID_SHAPE.test(value);
}

/** A choice. Texts such as "true" are refused: a form that sends them may send any text. */
export const yesOrNo = v.boolean("true or false");

const MONEY_WORDS = `an amount of money: a decimal number from 0 to ${MAX_MONEY}`;

/** An amount in the currency's main unit, as events carry it: 89.99. The number of decimals depends on the currency. */
export const money = v.pipe(
  v.number(MONEY_WORDS),
  v.finite(MONEY_WORDS),
  v.minValue(0, MONEY_WORDS),
  v.maxValue(MAX_MONEY, MONEY_WORDS),
);

const SIGNED_MONEY_WORDS = `a difference of money: a decimal number from -${MAX_MONEY} to ${MAX_MONEY}`;

/** A signed difference of two amounts in the currency's main unit. */
export const signedMoney = v.pipe(
  v.number(SIGNED_MONEY_WORDS),
  v.finite(SIGNED_MONEY_WORDS),
  v.minValue(-MAX_MONEY, SIGNED_MONEY_WORDS),
  v.maxValue(MAX_MONEY, SIGNED_MONEY_WORDS),
);

/** The code of a currency in use. */
export const currency = v.pipe(v.string(CURRENCY_WORDS), v.check(isCurrency, CURRENCY_WORDS));

/** Builds the schema of a whole number in a range. */
export function wholeNumber(min: number, max: number) {
  const words = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(words), v.safeInteger(words), v.minValue(min, words), v.maxValue(max, words));
}

export const quantity = wholeNumber(1, MAX_QUANTITY);

const TIMESTAMP_WORDS =
  'a real moment as in RFC 3339, such as "2025-06-18T10:23:41Z" (without a zone it is UTC)';

/** A timestamp. Every accepted format becomes ISO 8601 with milliseconds and Z. */
export const timestamp = v.pipe(
  v.string(TIMESTAMP_WORDS),
  v.check(text => normaliseTimestamp(text) !== undefined, TIMESTAMP_WORDS),
  v.transform(text => normaliseTimestamp(text) ?? text),
);

/** Marks text that people write: names, addresses, comments. The answer to a wrong command never repeats such a value. */
const PERSONAL = v.metadata<string, { personal: true }>({ personal: true });

/** Tells whether a schema, or a step of its pipe, is marked as text that people write. */
export function isPersonalSchema(schema: SchemaPart): boolean {
  if (schema.metadata?.["personal"] === true) return true;
  const parts = [...(schema.pipe ?? []).filter(step => step !== schema), schema.wrapped];
  return parts.some(part => part !== undefined && isPersonalSchema(part));
}

/** Builds the schema of free text, possibly empty and of several lines. */
export function text(maxCharacters: number) {
  const words = `text of at most ${maxCharacters} characters, ${CLEAN_TEXT_WORDS}`;
  return v.pipe(v.string(words), v.maxLength(maxCharacters, words), v.check(isCleanText, words), PERSONAL);
}

// Line and paragraph separators end a line as well, but are not control characters.
const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]+$/u;

/** Builds the schema of a name for people to read: not empty, without line breaks and other control characters. */
export function oneLine(maxCharacters: number) {
  const words = `one line of 1 to ${maxCharacters} characters without control characters`;
  return v.pipe(v.string(words), v.maxLength(maxCharacters, words), v.regex(ONE_LINE, words), PERSONAL);
}

const LABEL_WORDS = "a name of 1 to 128 characters";

/** A short name from a list that PulseCart does not own: a channel, a segment. */
export const label = v.pipe(
  v.string(LABEL_WORDS),
  v.minLength(1, LABEL_WORDS),
  v.maxLength(128, LABEL_WORDS),
);

const EMAIL_WORDS = "an e-mail address";
const ATOM = /[^\s\p{Cc}\p{Cf}\p{Cs}@.<>()[\],;:\\"]+/u.source;
const DOMAIN_LABEL = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?/u.source;
/**
 * The address format that mail servers accept, in any script (RFC 5321, 4.1.2 without quotes and address literals; RFC
 * 6531). Only a sent mail shows whether the address exists.
 */
const EMAIL_SHAPE = new RegExp(
  `^(?=[^@]{1,64}@[^@]{1,255}$)${ATOM}(?:\\.${ATOM})*@${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*$`,
  "u",
);
export const email = v.pipe(v.string(EMAIL_WORDS), v.regex(EMAIL_SHAPE, EMAIL_WORDS), PERSONAL);

/**
 * Builds the schema of a list of 1 to 200 entries. The count is checked first: too long a list is one fault.
 * @param minimum 0 for a list that may be empty
 */
export function listOf<Item extends v.GenericSchema>(item: Item, minimum: 0 | 1 = 1) {
  const words = `a list of ${minimum} to ${MAX_ITEMS} entries`;
  return v.pipe(
    v.array(v.unknown(), words),
    v.minLength(minimum, words),
    v.maxLength(MAX_ITEMS, words),
    v.array(item, words),
  );
}

/** Builds the schema of an object with these fields. Other fields are kept as they are. */
export function fields<Entries extends v.ObjectEntries>(entries: Entries) {
  const words = new Map(Object.entries(entries).map(([name, entry]) => [name, wordsOf(entry)]));
  return v.looseObject(entries, issue => words.get(String(issue.path?.at(-1)?.key)) ?? "an object");
}

/** The parts of a valibot schema that hold other schemas. */
export interface SchemaPart {
  readonly type?: string;
  readonly entries?: Readonly<Record<string, SchemaPart>>;
  readonly item?: SchemaPart;
  readonly wrapped?: SchemaPart;
  readonly pipe?: readonly SchemaPart[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Returns the expectation of a schema: the message of its first step. */
export function wordsOf(schema: object): string {
  if ("message" in schema && typeof schema.message === "string") return schema.message;
  return "entries" in schema ? "an object" : "a value";
}
