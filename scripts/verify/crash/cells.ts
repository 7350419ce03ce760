import type { Mood } from "./outside.ts";
import type { Point } from "./points.ts";
import type { FunctionProcess } from "./processes.ts";
import type { Cell, Scenario, Variant } from "./scenario.ts";
import type { Call, CallAnswer, Stage } from "./stage.ts";
import type { Followed } from "./wire.ts";

/** A message that is brought to its point. */
export interface Try extends Cell {
  point: Point | undefined;
  variant: Variant | undefined;
  /** What is wrong with the way it took, beside what the books will say. */
  faults: string[];
  /** What whoever sent it was answered. */
  answers: string[];
  nameOf(eventId: string): string;
}

let made = 0;

export function newTry(scenario: Scenario, point?: Point, variant?: Variant): Try {
  made += 1;
  const key = `usr_${made}`;
  return {
    scenario,
    key,
    point,
    variant,
    faults: [],
    answers: [],
    eventId: name => `evt_${key}_${name}`,
    nameOf: eventId => eventId.slice(`evt_${key}_`.length),
  };
}

/** Pub/Sub, Cloud Tasks and clients come again until they are answered; whoever is refused so often never is. */
const MOST_CALLS = 5;

/** Calls until it is answered for good. */
export async function callUntilTaken(
  stage: Stage,
  one: Try,
  { call, at }: { call: Call; at?: FunctionProcess },
): Promise<void> {
  for (let calls = 1; calls <= MOST_CALLS; calls += 1) {
    if (isFinal(note(one, await stage.call(call, at)))) return;
  }
  one.faults.push(`was refused ${MOST_CALLS} times`);
}

/** A server's trouble is no answer: whoever sent it comes again. */
function isFinal(answer: CallAnswer): boolean {
  return answer !== undefined && answer.status < 500;
}

function note(one: Try, answer: CallAnswer): CallAnswer {
  if (answer && isFinal(answer)) one.answers.push(`${answer.status} ${answer.text}`);
  return answer;
}

/** A message that stands at its point, in a process. */
export interface Frozen {
  one: Try;
  call: Call;
  /** Its first answer; nothing when its process was killed. */
  ended: Promise<CallAnswer>;
  followed: Followed;
}

/** Sends a message to a process and lets it go as far as its point. */
export async function freeze(stage: Stage, one: Try, at: FunctionProcess): Promise<Frozen> {
  const { scenario, point } = one;
  setMood(stage, one, scenario.mood);
  const call = await scenario.call(one, stage);
  const followed = at.wire.follow(point?.stop);
  const ended = stage.call(call, at);
  const ending = ended.then(() => "ended" as const);
  const reached = await Promise.race([followed.stopped.then(() => "stopped" as const), ending]);
  followed.leave();
  if (reached === "ended" && point?.stop) one.faults.push("ended before it came to this point");
  return { one, call, ended, followed };
}

/** Lets the first go on, and whoever sent it come again if it is refused. */
export async function goOn(stage: Stage, { one, call, ended, followed }: Frozen): Promise<void> {
  followed.goOn();
  if (!isFinal(note(one, await ended))) await callUntilTaken(stage, one, { call });
}

export function setMood(stage: Stage, { key }: Cell, mood: Mood | undefined): void {
  if (mood) stage.outside.moods.set(key, mood);
  else stage.outside.moods.delete(key);
}
