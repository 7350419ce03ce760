import { parseArgs } from "node:util";
import { momentMs, positiveNumber, UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./connect.ts";
import { TARGET_HELP, targetFlags } from "./connect.ts";

export const REPLAY_HELP = `npm run replay -- --reaction NAME       bring archived events to it that it has not handled
  --type TYPE --subject ID               only these; --type may be given several times
  --from WHEN --to WHEN                  only what PulseCart heard of in this time
  --rate N                               so many a second; 50 where nothing is said
  --again                                projections only: apply those it has handled once more, too
npm run replay -- --reaction NAME --rebuild
                                         projections only: build it anew from the whole archive, then switch
  --abandon                              give up what is being built
How:   --dry-run  --json
${TARGET_HELP}`;

const options = {
  ...targetFlags,
  reaction: { type: "string" },
  type: { type: "string", multiple: true },
  subject: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  rate: { type: "string" },
  again: { type: "boolean", default: false },
  rebuild: { type: "boolean", default: false },
  abandon: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

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
  help: boolean;
  target: TargetFlags;
}

const DEFAULT_RATE = 50;
const MAX_RATE = 500; // what one queue of Cloud Tasks dispatches: https://cloud.google.com/tasks/docs/quotas

/** @throws UsageError that names what is wrong with the flags */
export function replayFlags(args: readonly string[]): ReplayFlags {
  const values = parsed(args);
  const { reaction = "", type: types, subject, from, to, rate } = values;
  const { again, rebuild, abandon } = values;
  const flags: ReplayFlags = {
    reaction,
    ...(types && { types }),
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { fromMs: momentMs("--from", from) }),
    ...(to !== undefined && { toMs: momentMs("--to", to) }),
    perSecond: rate === undefined ? DEFAULT_RATE : positiveNumber("--rate", rate, MAX_RATE),
    again,
    rebuild,
    abandon,
    dryRun: values["dry-run"],
    json: values.json,
    help: values.help,
    target: values,
  };
  const sentence = flags.help ? undefined : wrong(flags);
  if (sentence !== undefined) throw new UsageError(sentence);
  return flags;
}

function wrong({ reaction, rebuild, abandon, again, ...flags }: ReplayFlags): string | undefined {
  if (reaction === "") return "--reaction NAME says which reaction the events are brought to.";
  if (abandon && !rebuild) return "--abandon goes with --rebuild.";
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = flags;
  if (fromMs >= toMs) return "--from must be before --to.";
  const isNarrow =
    flags.types || flags.subject !== undefined || "fromMs" in flags || "toMs" in flags || again;
  return rebuild && isNarrow ? "--rebuild takes the whole archive: no filters, no --again." : undefined;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}
