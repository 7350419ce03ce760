import { catalogue, findDefinition } from "../../../shared/events/catalogue.ts";
import type { JsonObject } from "../../../shared/events/json-object.ts";
import { createDice } from "../simulate/dice.ts";
import type { Day, Step, Visit } from "../simulate/step.ts";
import { INGEST, isEvent } from "../simulate/step.ts";
import { copyOf, setAt } from "./json-pointers.ts";

/** Number of rounds that get extra events with personal data, valid and faulty ones. */
const EXTRA_ROUNDS = 3;

/** Marked personal values of one run. Each value is unique, so a leaked value shows its field and its step. */
export class PersonalValues {
  readonly #word: string;
  readonly #origins: string[] = [];

  constructor(seed: number) {
    this.#word = `planted${createDice(seed, "planted").between(1_000_000, 9_999_999)}n`;
  }

  /**
   * Copies a day with marked values in the personal fields of events and in FREE_TEXTS of commands. Adds events that
   * have such fields.
   */
  plantIn(day: Day): Day {
    return {
      ...day,
      opening: this.#plantInVisits(day.opening),
      rounds: day.rounds.map((round, index) => ({
        ...round,
        visits: this.#plantInVisits([
          ...(index === 0 ? [conflictVisit(day.tag)] : []),
          ...(index < EXTRA_ROUNDS ? extraVisits(day.tag, index) : []),
          ...round.visits,
        ]),
        meanwhile: this.#plantInVisits(round.meanwhile),
      })),
    };
  }

  /**
   * Finds marked values in a text.
   * @returns the origin of each value: field, event type or path, step
   */
  foundIn(text: string): string[] {
    return [...text.matchAll(new RegExp(`${this.#word}(\\d+)x`, "gi"))].map(
      ([, index]) => this.#origins[Number(index)] ?? "?",
    );
  }

  #plantInVisits(visits: readonly Visit[]): Visit[] {
    return visits.map(visit => visit.map(step => ({ ...step, body: this.#planted(step) })));
  }

  #planted(step: Step): JsonObject {
    const body = copyOf(step.body);
    const type = String(body["event_type"]);
    const pointers = isEvent(step) ? (findDefinition(type)?.personal ?? []) : freeTextsOf(body);
    for (const pointer of pointers) {
      const origin = `${pointer} of ${isEvent(step) ? type : step.path}, ${step.name}`;
      setAt(body, pointer, before => sameShape(pointer, before, this.#newValue(origin)));
    }
    return body;
  }

  #newValue(origin: string): string {
    this.#origins.push(origin);
    return `${this.#word}${this.#origins.length - 1}x`;
  }
}

/** Fields of commands that hold free text, and so may hold personal data. */
const FREE_TEXTS = ["reason", "tracking_number"];

function freeTextsOf(body: JsonObject): string[] {
  return FREE_TEXTS.filter(name => name in body).map(name => `/${name}`);
}

/** Keeps a deliberately wrong object an object, and an address an address. */
function sameShape(pointer: string, before: unknown, value: string): unknown {
  const text = pointer.endsWith("/email") ? `${value}@example.com` : value;
  return typeof before === "object" && before !== null ? { text } : text;
}

/** Plans two different events under one id. One of them is parked, which creates output about that event. */
function conflictVisit(tag: string): Visit {
  const id = `evt_${tag}_twice`;
  const user_id = `usr_${tag}_twice`;
  const body = { event_id: id, event_type: "search.performed", user_id, payload: { query: "" } };
  return [stepOf(id, body), { ...stepOf(`${id} otherwise`, body), expect: "conflict" }];
}

/** Types that change totals or wait for an order. Only the day itself sends valid events of these types. */
const COUNTED = ["order.placed", "order.balance_changed", "payment.failed"];

/** Plans events of each type with personal data: a valid event, and one per personal field with that field wrong. */
function extraVisits(tag: string, round: number): Visit[] {
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

function stepOf(name: string, body: JsonObject): Step {
  return { name, method: "POST", path: INGEST, body, pauseMs: 0 };
}
