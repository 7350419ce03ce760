import { parseArgs } from "node:util";
import { catalogue } from "../../shared/events/catalogue.ts";
import type { LedgerState } from "../../shared/pipeline/records/ledger-state.ts";
import { durationMs, UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./connect.ts";
import { TARGET_HELP, targetFlags } from "./connect.ts";

export const PARKED_HELP = `npm run parked                          what waits for a person, the newest first
npm run parked -- show ID               one of them, with its lane, its history and its event
npm run parked -- release ID            try it again now
npm run parked -- release --lane ID     have a lane go on
npm run parked -- release --all         try all that match again
npm run parked -- drop ID --reason TEXT give it up; so does --all for all that match
npm run parked -- --effects             effects that wait; show, resend and drop act on them

Which: --reaction NAME --type TYPE --subject ID --error TEXT --older-than 2h
       --state parked|deferred|queued (of effects: parked|unknown)
How:   --dry-run  --json  --limit N  --oldest  --personal (show what is personal, too)
${TARGET_HELP}`;

const options = {
  ...targetFlags,
  reaction: { type: "string" },
  type: { type: "string" },
  subject: { type: "string" },
  error: { type: "string" },
  "older-than": { type: "string" },
  state: { type: "string" },
  lane: { type: "string" },
  reason: { type: "string" },
  limit: { type: "string" },
  all: { type: "boolean", default: false },
  effects: { type: "boolean", default: false },
  oldest: { type: "boolean", default: false },
  personal: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export type Verb = "list" | "show" | "release" | "resend" | "drop";

export interface ParkedFlags {
  verb: Verb;
  ids: string[];
  lane?: string;
  all: boolean;
  effects: boolean;
  filter: { reaction?: string; type?: string; subject?: string; error?: string; olderThanMs?: number };
  state?: string;
  reason?: string;
  limit: number;
  oldest: boolean;
  personal: boolean;
  dryRun: boolean;
  json: boolean;
  help: boolean;
  target: TargetFlags;
}

const DEFAULT_LIMIT = 50;
const VERBS: readonly Verb[] = ["list", "show", "release", "resend", "drop"];
const ENTRY_STATES: readonly string[] = ["parked", "deferred", "queued"] satisfies LedgerState[];
const EFFECT_STATES: readonly string[] = ["parked", "unknown"];

/** @throws UsageError that names what is wrong with the flags */
export function parkedFlags(args: readonly string[]): ParkedFlags {
  const { values, positionals } = parsed(args);
  const [word = "list", ...ids] = positionals;
  const verb = VERBS.find(known => known === word);
  if (!verb) throw new UsageError(`${word} is none of ${VERBS.join(", ")}; --help shows how each is used.`);
  const { reaction, type, subject, error, state, lane, reason } = values;
  const olderThan = values["older-than"];
  if (type !== undefined && ![...catalogue.keys()].some(known => known === type) && type !== "timer") {
    throw new UsageError(`--type ${type} is not an event type; README.md lists them.`);
  }
  const flags: ParkedFlags = {
    verb,
    ids,
    all: values.all,
    effects: values.effects,
    filter: {
      ...given({ reaction, type, subject, error }),
      ...(olderThan === undefined ? {} : { olderThanMs: durationMs("--older-than", olderThan) }),
    },
    ...given({ state, lane, reason }),
    limit: limitOf(values.limit),
    oldest: values.oldest,
    personal: values.personal,
    dryRun: values["dry-run"],
    json: values.json,
    help: values.help,
    target: values,
  };
  check(flags);
  return flags;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}

function check(flags: ParkedFlags): void {
  if (flags.help) return;
  const wrong = flags.verb === "list" || flags.verb === "show" ? wrongLook(flags) : wrongAct(flags);
  const sentence = wrongState(flags) ?? wrong;
  if (sentence !== undefined) throw new UsageError(sentence);
}

function wrongState({ state, effects }: ParkedFlags): string | undefined {
  const states = effects ? EFFECT_STATES : ENTRY_STATES;
  if (state === undefined || states.includes(state)) return undefined;
  return `--state takes ${states.join(", ")}${effects ? " with --effects" : ""}.`;
}

function wrongLook({ verb, ids, all }: ParkedFlags): string | undefined {
  if (verb === "show")
    return ids.length === 1 ? undefined : "show takes the id of one, as the list shows it.";
  return ids.length > 0 || all ? "list takes filters, no ids." : undefined;
}

function wrongAct({ verb, ids, lane, all, effects, ...flags }: ParkedFlags): string | undefined {
  if (verb === "resend" && !effects) return "Only effects are resent: add --effects.";
  if (verb === "release" && effects) return "Effects are not released: use resend.";
  if (lane !== undefined && verb !== "release") return "--lane goes with release.";
  const ways = [ids.length > 0, lane !== undefined, all].filter(Boolean).length;
  if (ways !== 1) return `${verb} takes ids, ${verb === "release" ? "or --lane ID, " : ""}or --all.`;
  const isFiltered = flags.state !== undefined || Object.keys(flags.filter).length > 0;
  if (!all && isFiltered) return "Filters go with --all.";
  const isNamed = verb !== "drop" || Boolean(flags.reason?.trim());
  return isNamed ? undefined : "drop takes --reason TEXT: it is kept with the act, for whoever asks later.";
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new UsageError("--limit takes a whole number from 1 to 99999.");
}

/** Without the flags that were not given. */
function given<T extends Record<string, string | undefined>>(flags: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
