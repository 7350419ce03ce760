import type { Point } from "./points.ts";
import type { Behaviour } from "./stage/external-system.ts";
import type { FunctionProcess } from "./stage/processes.ts";
import type { Cell, Scenario, Variant } from "./stage/scenario.ts";
import type { Call, CallAnswer, Stage } from "./stage/stage.ts";
import type { Followed } from "./stage/wire.ts";

/** One message of a scenario that is disturbed at one point. */
export interface Trial extends Cell {
  point: Point | undefined;
  variant: Variant | undefined;
  /** Faults that occurred before the traces were read. */
  faults: string[];
  /** The answers to the sender. */
  answers: string[];
  nameOf(eventId: string): string;
}

let created = 0;

export function newTrial(scenario: Scenario, point?: Point, variant?: Variant): Trial {
  created += 1;
  const key = `usr_${created}`;
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

/** Max calls of one message. Senders repeat a call until an answer; more calls mean a permanent refusal. */
const MAX_CALLS = 5;

/** Calls a function until its answer is final. */
export async function callUntilAnswered(
  stage: Stage,
  trial: Trial,
  { call, at }: { call: Call; at?: FunctionProcess },
): Promise<void> {
  for (let calls = 1; calls <= MAX_CALLS; calls += 1) {
    if (isFinal(note(trial, await stage.call(call, at)))) return;
  }
  trial.faults.push(`was refused ${MAX_CALLS} times`);
}

/** Tells whether the sender stops. After a 5xx, or no answer, the sender repeats the call. */
function isFinal(answer: CallAnswer): boolean {
  return answer !== undefined && answer.status < 500;
}

function note(trial: Trial, answer: CallAnswer): CallAnswer {
  if (answer && isFinal(answer)) trial.answers.push(`${answer.status} ${answer.text}`);
  return answer;
}

/** A message that stands at its point in a process. */
export interface StoppedMessage {
  trial: Trial;
  call: Call;
  /** The first answer to the message; undefined when the process was killed. */
  ended: Promise<CallAnswer>;
  followed: Followed;
}

/** Sends a message to a process and waits until the message has reached its point. */
export async function stopAtPoint(stage: Stage, trial: Trial, at: FunctionProcess): Promise<StoppedMessage> {
  const { scenario, point } = trial;
  setBehaviour(stage, trial, scenario.behaviour);
  const call = await scenario.call(trial, stage);
  const followed = at.wire.follow(point?.stop);
  const ended = stage.call(call, at);
  const reached = await Promise.race([
    followed.stopped.then(() => "stopped" as const),
    ended.then(() => "ended" as const),
  ]);
  followed.leave();
  if (reached === "ended" && point?.stop) trial.faults.push("ended before it reached this point");
  return { trial, call, ended, followed };
}

/** Continues a stopped message. The sender repeats a refused call. */
export async function resume(stage: Stage, { trial, call, ended, followed }: StoppedMessage): Promise<void> {
  followed.resume();
  if (!isFinal(note(trial, await ended))) await callUntilAnswered(stage, trial, { call });
}

export function setBehaviour(stage: Stage, { key }: Cell, behaviour: Behaviour | undefined): void {
  const { behaviours } = stage.externalSystem;
  if (behaviour) behaviours.set(key, behaviour);
  else behaviours.delete(key);
}
