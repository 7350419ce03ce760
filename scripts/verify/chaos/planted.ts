import { catalogue, findDefinition } from "../../../shared/events/catalogue.ts";
import { createDice } from "../simulate/dice.ts";
import type { Day, Step, Visit } from "../simulate/step.ts";
import { INGEST, isEvent } from "../simulate/step.ts";

/** Personal values of this run, each another one: wherever one turns up later, it is known what it came from. */
export interface Planted {
  /** The same day, with one of them wherever something personal stands, and more of them. */
  plantIn(day: Day): Day;
  /** Those that a text holds, by what they came from. */
  foundIn(text: string): string[];
}

/** How often each type with something personal in it is sent beside what the day has of it, as it should be and not. */
const TIMES = 3;

export function createPlanted(seed: number): Planted {
  const word = `planted${createDice(seed, "planted").between(1_000_000, 9_999_999)}n`;
  const origins: string[] = [];
  const value = (of: string): string => {
    origins.push(of);
    return `${word}${origins.length - 1}x`;
  };
  const plant = (step: Step): Step => ({ ...step, body: withPlanted(step, value) });
  const each = (visits: readonly Visit[]): Visit[] => visits.map(visit => visit.map(plant));
  return {
    plantIn: day => ({
      ...day,
      opening: each(day.opening),
      rounds: day.rounds.map((round, index) => ({
        ...round,
        visits: each([
          ...(index === 0 ? [conflictVisit(day.tag)] : []),
          ...(index < TIMES ? moreVisits(day.tag, index) : []),
          ...round.visits,
        ]),
        meanwhile: each(round.meanwhile),
      })),
    }),
    foundIn: text =>
      [...text.matchAll(new RegExp(`${word}(\\d+)x`, "gi"))].map(
        ([, index]) => origins[Number(index)] ?? "?",
      ),
  };
}

type Body = Record<string, unknown>;

/** Free texts of commands, which may hold anything that somebody wrote. */
const FREE_TEXTS = ["reason"];

function withPlanted(step: Step, value: (of: string) => string): Body {
  const body = copyOf(step.body);
  const type = String(body["event_type"]);
  const pointers = isEvent(step) ? (findDefinition(type)?.personal ?? []) : freeTextsOf(body);
  for (const pointer of pointers) {
    const of = `${pointer} of ${isEvent(step) ? type : step.path}, ${step.name}`;
    setAt(body, pointer, before => planted(pointer, before, value(of)));
  }
  return body;
}

/** As it is sent. */
function copyOf(body: Body): Body {
  return JSON.parse(JSON.stringify(body));
}

function freeTextsOf(body: Body): string[] {
  return FREE_TEXTS.filter(name => name in body).map(name => `/${name}`);
}

/** What is wrong on purpose stays wrong. */
function planted(pointer: string, before: unknown, value: string): unknown {
  const text = pointer.endsWith("/email") ? `${value}@example.com` : value;
  return typeof before === "object" && before !== null ? { text } : text;
}

function setAt(body: Body, pointer: string, change: (before: unknown) => unknown): void {
  const path = pointer.split("/").slice(1);
  const last = path.pop() ?? "";
  const parent = path.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), body);
  if (isObject(parent)) parent[last] = change(parent[last]);
}

function isObject(value: unknown): value is Body {
  return typeof value === "object" && value !== null;
}

/** Two different reports under one id: one of them is parked, and what is told of that is to be looked at, too. */
function conflictVisit(tag: string): Visit {
  const id = `evt_${tag}_twice`;
  const user_id = `usr_${tag}_twice`;
  const body = { event_id: id, event_type: "search.performed", user_id, payload: { query: "" } };
  return [stepOf(id, body), { ...stepOf(`${id} otherwise`, body), expect: "conflict" }];
}

/** Their books are kept, or they wait for an order that nobody places: only the day's own are sent as they should be. */
const COUNTED = ["order.placed", "payment.failed"];

/** Each type with something personal in it, once as it should be, and once with each such field wrong. */
function moreVisits(tag: string, round: number): Visit[] {
  const withPersonal = [...catalogue.values()].filter(({ personal }) => personal.length > 0);
  return withPersonal.map(({ type, personal, example }, number) => {
    const name = `evt_${tag}_p${round}_${number}`;
    const right = stepOf(name, { ...example, event_id: name });
    const wrong = personal.map((pointer, n) => {
      const id = `${name}_${n}`;
      const body = copyOf({ ...example, event_type: type, event_id: id });
      setAt(body, pointer, () => ({}));
      return { ...stepOf(id, body), expect: "refused" as const };
    });
    return COUNTED.includes(type) ? wrong : [right, ...wrong];
  });
}

function stepOf(name: string, body: Body): Step {
  return { name, method: "POST", path: INGEST, body, pauseMs: 0 };
}
