import * as v from "valibot";
import { moment, optional, positiveNumber, text } from "../cli/flag-values.ts";
import { flag, flagList, flagSwitch, flagValues } from "../cli/flags.ts";
import { UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./target-flags.ts";
import { targetFlags } from "./target-flags.ts";

/** Events that a replay posts per second by default. */
const DEFAULT_RATE = 50;
/** Max events per second: the dispatch limit of one Cloud Tasks queue (https://cloud.google.com/tasks/docs/quotas). */
const MAX_RATE = 500;

/** The command line of `npm run replay`. */
export const REPLAY = {
  command: "npm run replay",
  about:
    "Sends archived events to a reaction that has not handled them.\n" +
    "With --rebuild, builds a projection anew from the whole archive, then switches to the new generation.",
  flags: {
    reaction: flag(text("the name of a reaction"), { value: "NAME", about: "the reaction" }),
    type: flagList(v.string(), {
      value: "TYPE",
      about: "only events of this type; may be given several times",
    }),
    subject: flag(optional(text("the id of a subject")), {
      value: "ID",
      about: "only events of this subject",
    }),
    from: flag(optional(moment()), { value: "WHEN", about: "only events received at or after this time" }),
    to: flag(optional(moment()), { value: "WHEN", about: "only events received before this time" }),
    rate: flag(v.optional(positiveNumber({ most: MAX_RATE }), String(DEFAULT_RATE)), {
      value: "N",
      about: `events per second; default ${DEFAULT_RATE}`,
    }),
    again: flagSwitch("projections only: applies handled events once more, too"),
    rebuild: flagSwitch("projections only: builds the projection anew"),
    abandon: flagSwitch("with --rebuild: gives up the generation under construction"),
    "dry-run": flagSwitch("prints the number of events and posts none"),
    json: flagSwitch("prints JSON"),
    ...targetFlags,
  },
};

/** The options of `npm run replay`. */
export interface ReplayFlags {
  reaction: string;
  types?: readonly string[];
  subject?: string;
  fromMs?: number;
  toMs?: number;
  perSecond: number;
  again: boolean;
  rebuild: boolean;
  abandon: boolean;
  dryRun: boolean;
  json: boolean;
  target: TargetFlags;
}

/** @throws UsageError for an unknown flag, an unusable value, or flags that do not fit together */
export function replayFlags(args: readonly string[]): ReplayFlags {
  const { reaction, type, subject, from, to, rate, again, ...others } = flagValues(REPLAY, args);
  const { rebuild, abandon, dryRun, json, words: _words, ...target } = others;
  const selection = { reaction, types: type, subject, fromMs: from, toMs: to };
  const flags = { ...selection, perSecond: rate, again, rebuild, abandon, dryRun, json, target };
  const fault = faultOf(flags);
  if (fault !== undefined) throw new UsageError(fault);
  return flags;
}

function faultOf({ reaction, rebuild, abandon, again, ...flags }: ReplayFlags): string | undefined {
  const { types, subject, fromMs, toMs } = flags;
  if (reaction === "") return "--reaction missing: expected the name of a reaction.";
  if (abandon && !rebuild) return "--abandon needs --rebuild.";
  if ((fromMs ?? 0) >= (toMs ?? Number.POSITIVE_INFINITY))
    return "--from invalid: expected a time before --to.";
  const isNarrow = [types, subject, fromMs, toMs].some(value => value !== undefined) || again;
  return rebuild && isNarrow ? "--rebuild takes the whole archive: no filters, no --again." : undefined;
}
