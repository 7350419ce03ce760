import * as v from "valibot";
import { catalogue } from "../../shared/events/catalogue.ts";
import type { LedgerState } from "../../shared/pipeline/records/ledger-state.ts";
import { duration, oneOf, optional, text, wholeNumber } from "../cli/flag-values.ts";
import type { FlagValues } from "../cli/flags.ts";
import { flag, flagSwitch, flagValues } from "../cli/flags.ts";
import { UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./target-flags.ts";
import { targetFlags } from "./target-flags.ts";

const VERBS = ["list", "show", "release", "resend", "drop"] as const;
const ENTRY_STATES: readonly string[] = ["parked", "deferred", "queued"] satisfies LedgerState[];
const EFFECT_STATES: readonly string[] = ["parked", "unknown"];
/** Entries that a list prints by default. */
const DEFAULT_LIMIT = 50;

/** The command line of `npm run parked`. */
export const PARKED = {
  command: "npm run parked",
  words: `${VERBS.join("|")} ID ...`,
  about: [
    "Lists parked entries, the newest first, and acts on them:",
    "  show ID                   prints one entry with its lane, its audit records and its event",
    "  release ID ...            runs entries again now",
    "  release --lane ID         resumes a lane",
    "  drop ID ... --reason R    gives entries up",
    "  --effects                 lists effects that wait for an operator",
    "  show, resend, drop ID ... --effects    act on effects",
    "",
    "--all takes the place of ids: every entry or effect that the filters match.",
  ].join("\n"),
  flags: {
    reaction: flag(optional(text("the name of a function")), {
      value: "NAME",
      about: "filter: its function",
    }),
    type: flag(optional(oneOf([...catalogue.keys(), "timer"])), {
      value: "TYPE",
      about: "filter: its event type, or timer",
    }),
    subject: flag(optional(text("the id of a subject")), { value: "ID", about: "filter: its subject" }),
    error: flag(optional(text("a part of the reason")), {
      value: "TEXT",
      about: "filter: a part of its reason, in any case",
    }),
    "older-than": flag(optional(duration()), { value: "TIME", about: "filter: its age, such as 2h" }),
    state: flag(optional(text("the name of a state")), {
      value: "STATE",
      about: `${ENTRY_STATES.join(", ")} (effects: ${EFFECT_STATES.join(", ")}); default parked`,
    }),
    lane: flag(optional(text("the id of a lane")), { value: "ID", about: "the lane to release" }),
    reason: flag(optional(text("a reason")), { value: "TEXT", about: "the reason for a drop" }),
    limit: flag(v.optional(wholeNumber({ least: 1, most: 99_999 }), String(DEFAULT_LIMIT)), {
      value: "N",
      about: `max entries to print; default ${DEFAULT_LIMIT}`,
    }),
    all: flagSwitch("acts on every entry that the filters match"),
    effects: flagSwitch("lists and changes effects"),
    oldest: flagSwitch("lists the oldest first"),
    personal: flagSwitch("shows personal fields, too"),
    "dry-run": flagSwitch("prints the entries that an act would change, and changes none"),
    json: flagSwitch("prints JSON"),
    ...targetFlags,
  },
};

export type Verb = (typeof VERBS)[number];

/** The options of `npm run parked`. */
export interface ParkedFlags {
  verb: Verb;
  ids: readonly string[];
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
  target: TargetFlags;
}

/** @throws UsageError for an unknown verb or flag, an unusable value, or flags that do not fit together */
export function parkedFlags(args: readonly string[]): ParkedFlags {
  const flags = optionsOf(flagValues(PARKED, args));
  const fault = stateFault(flags) ?? (isLook(flags) ? lookFault(flags) : actFault(flags));
  if (fault !== undefined) throw new UsageError(fault);
  return flags;
}

function optionsOf(values: FlagValues<typeof PARKED.flags>): ParkedFlags {
  const { words, reaction, type, subject, error, olderThan, ...others } = values;
  const { state, lane, reason, limit, all, effects, oldest, personal, dryRun, json, ...target } = others;
  const [word = "list", ...ids] = words;
  const verb = VERBS.find(known => known === word);
  if (!verb) throw new UsageError(`Verb unknown: expected one of ${VERBS.join(", ")}, got "${word}".`);
  const filter = { reaction, type, subject, error, olderThanMs: olderThan };
  const options = { state, lane, reason, limit, all, effects, oldest, personal, dryRun, json };
  return { verb, ids, filter, ...options, target };
}

function isLook({ verb }: ParkedFlags): boolean {
  return verb === "list" || verb === "show";
}

function stateFault({ state, effects }: ParkedFlags): string | undefined {
  const states = effects ? EFFECT_STATES : ENTRY_STATES;
  if (state === undefined || states.includes(state)) return undefined;
  const kind = effects ? " with --effects" : "";
  return `--state invalid: expected one of ${states.join(", ")}${kind}, got "${state}".`;
}

function lookFault({ verb, ids, all }: ParkedFlags): string | undefined {
  if (verb === "show")
    return ids.length === 1 ? undefined : `show needs the id of one entry, got ${ids.length} ids.`;
  return ids.length > 0 || all ? "list takes filters, not ids or --all." : undefined;
}

function actFault({ verb, ids, lane, all, effects, filter, state, reason }: ParkedFlags): string | undefined {
  if (verb === "resend" && !effects) return "resend needs --effects: only effects are resent.";
  if (verb === "release" && effects) return "release does not take --effects: use resend.";
  if (lane !== undefined && verb !== "release") return `${verb} does not take --lane: only release does.`;
  const ways = [ids.length > 0, lane !== undefined, all].filter(Boolean).length;
  if (ways !== 1) return `${verb} needs either ids${verb === "release" ? ", --lane ID" : ""} or --all.`;
  const isFiltered = state !== undefined || Object.values(filter).some(value => value !== undefined);
  if (!all && isFiltered) return `${verb} takes filters only with --all.`;
  const isExplained = verb !== "drop" || Boolean(reason?.trim());
  return isExplained ? undefined : "drop needs --reason TEXT: the audit record keeps the reason.";
}
