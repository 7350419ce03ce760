import { writeCart } from "../../carts/write-cart.ts";
import { carts } from "../../collections.ts";
import type { Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { effects } from "../../pipeline/records/effect-record.ts";
import { lanes } from "../../pipeline/records/lane-store.ts";
import { ledger } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import { rearmOverdue } from "../../rules/cart/cart-timer.ts";
import type { Closing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { recordRepair } from "../closing/repair.ts";
import type { Step } from "../closing/step.ts";

/** The sweep drives on what is overdue for a minute: what is so for this long, it cannot. */
const HANGS_AFTER_MS = 15 * 60_000;

type Fields = Readonly<Record<string, unknown>>;

interface Source {
  /** In the order of the ids. */
  of(nowMs: number): Query;
  /** What is wrong with a document; undefined: nothing. */
  finding(document: Fields, about: { id: string; nowMs: number }): Finding | undefined;
}

/** One after the other: what waits to be tried, lanes that nobody drains, effects, carts whose timer is lost. */
const SOURCES: readonly Source[] = [
  {
    of: () => firestore().collection(ledger.name).where("state", "in", ["pending", "deferred"]),
    finding: (entry, { id, nowMs }) => {
      const what = entry["state"] === "pending" ? "follow-ups never sent" : "never tried again";
      return isOld(entry["due_at_ms"], nowMs) ? hanging(what, { id, document: entry }) : undefined;
    },
  },
  {
    of: () => firestore().collection(ledger.name).where("state", "==", "parked"),
    finding: (entry, { id }) => hanging("parked, waits for a person", { id, document: entry }),
  },
  {
    of: () => firestore().collection(lanes.name).where("head_is_queued", "==", true),
    finding: (lane, { id, nowMs }) =>
      isOld(lane["changed_at_ms"], nowMs) ? hanging("lane not drained", { id, document: lane }) : undefined,
  },
  {
    of: () => firestore().collection(effects.name).where("state", "in", ["planned", "sending"]),
    finding: (effect, { id, nowMs }) =>
      isOld(effect["due_at_ms"], nowMs) ? hanging("effect not done", { id, document: effect }) : undefined,
  },
  {
    of: () => firestore().collection(effects.name).where("state", "==", "unknown"),
    finding: (effect, { id }) => ({ ...hanging("effect", { id, document: effect }), kind: "unknown effect" }),
  },
  {
    of: nowMs =>
      firestore()
        .collection(carts.name)
        .where("armed_due_ms", "<=", nowMs - HANGS_AFTER_MS),
    finding: (_cart, { id }) => hanging("cart whose timer is lost", { id, document: {} }),
  },
];

/**
 * Looks through what should not be there for long, a page of one source at a time. Carts get another timer here. The
 * rest the sweep has tried to drive on every minute until now: once more would do no more, it is for people to look at.
 */
export const findHanging: Step = async ({ night: { page_size }, after, ...closing }, work) => {
  const [place, last]: [number, string] = after === "" ? [0, ""] : JSON.parse(after);
  const source = SOURCES[place];
  if (!source) return { sums: new Map(), next: undefined };
  const { nowMs } = work;
  const page = source.of(nowMs).limit(page_size);
  const isLast = place === SOURCES.length - 1;
  // Of carts only some are listed: they are in the order of their times.
  const inOrder = isLast ? page.orderBy("armed_due_ms") : page.orderBy("__name__");
  const { docs } = await (last === "" ? inOrder : inOrder.startAfter(last)).get();
  const findings = docs.flatMap(one => source.finding(one.data(), { id: one.id, nowMs }) ?? []);
  if (isLast)
    await rearm(
      docs.map(({ id }) => id),
      closing,
      work,
    );
  const isMore = docs.length === page_size && !isLast;
  const next = JSON.stringify(isMore ? [place, docs.at(-1)?.id] : [place + 1, ""]);
  return { sums: new Map(), findings, next };
};

/** A timer too many does no harm: whichever fires looks at the cart again. */
async function rearm(
  ids: readonly string[],
  closing: Pick<Closing, "day" | "run">,
  work: Work,
): Promise<void> {
  const found = await work.getAll(carts, ids);
  for (const [index, id] of ids.entries()) {
    const cart = found[index];
    const change = cart && rearmOverdue(cart, work.nowMs);
    if (!cart || !change) continue;
    writeCart(cart, change, work);
    const target = `the timer of carts/${id}`;
    const before = { step: cart.step, due_at_ms: cart.armed_due_ms };
    recordRepair({ target, before, after: { step: change.cart.step } }, { closing, work });
  }
}

function isOld(ms: unknown, nowMs: number): boolean {
  return typeof ms === "number" && ms + HANGS_AFTER_MS <= nowMs;
}

function hanging(what: string, { id, document }: { id: string; document: Fields }): Finding {
  const { cause } = document as { cause?: { producer: string; id: string } };
  return {
    kind: "hangs",
    about: id,
    expected: "to be over",
    found: what,
    ...(cause && { events: [`${cause.producer} ${cause.id}`] }),
  };
}
