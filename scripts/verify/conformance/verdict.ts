/** In the order of the table; what is asked of all four together is last. */
export const SERVICES = ["firestore", "pubsub", "tasks", "scheduler", "all"] as const;
export type Service = (typeof SERVICES)[number];

/** What one emulator did with one behaviour. */
export interface Outcome {
  service: Service;
  behaviour: string;
  result: "pass" | "fail" | "not asked";
  /** Why it was not asked. */
  reason?: string;
  /** What the test said. */
  failure?: string;
}

export interface Row {
  service: Service;
  behaviour: string;
  embedded: "pass" | "FAIL";
  google: "pass" | "differs" | "FAIL" | "–";
  /** Of the difference, or of the dash. */
  reason?: string;
}

export interface Verdict {
  rows: Row[];
  /** What makes the run fail, in sentences. */
  problems: string[];
}

/** What Google's emulators are not asked at all, and why. */
const NOT_ASKED: Partial<Record<Service, string>> = {
  tasks: "Google has no emulator of Cloud Tasks",
  scheduler: "Google has no emulator of Cloud Scheduler",
  all: "what the embedded emulators leave out is a decision of their own",
};

/** Whether an emulator fails what it is not known to fail. */
export function failsUnexpectedly(outcomes: readonly Outcome[], known: readonly KnownDifference[]): boolean {
  const expected = new Set(known.map(keyOf));
  return outcomes.some(outcome => outcome.result === "fail" && !expected.has(keyOf(outcome)));
}

/** Of the same questions asked twice: what held once can hold. */
export function bestOf(first: readonly Outcome[], second: readonly Outcome[]): Outcome[] {
  const again = new Map(second.map(outcome => [keyOf(outcome), outcome]));
  return first.map(outcome => (outcome.result === "fail" ? (again.get(keyOf(outcome)) ?? outcome) : outcome));
}

/**
 * Puts both emulators' outcomes side by side.
 * @param google undefined where Google's emulators are not installed
 */
export function judge(
  embedded: readonly Outcome[],
  google: readonly Outcome[] | undefined,
  known: readonly KnownDifference[],
): Verdict {
  const differences = new Map(known.map(difference => [keyOf(difference), difference.reason]));
  const asked = new Map((google ?? []).map(outcome => [keyOf(outcome), outcome]));
  const rows = embedded.map(outcome => {
    const { service, behaviour, result } = outcome;
    const theirs = google && theirsOf(outcome, asked.get(keyOf(outcome)), differences.get(keyOf(outcome)));
    return {
      service,
      behaviour,
      embedded: result === "fail" ? ("FAIL" as const) : ("pass" as const),
      ...(theirs ?? { google: "–" as const, reason: "Google's emulators are not installed here" }),
    };
  });
  return {
    rows,
    problems: [
      ...failuresOf(embedded, "embedded"),
      ...failuresOf(google ?? [], "Google's", differences),
      ...listProblems(embedded, google && asked, known),
    ],
  };
}

const keyOf = ({ service, behaviour }: { service: Service; behaviour: string }) => `${service}: ${behaviour}`;

function theirsOf(
  { service }: Outcome,
  theirs: Outcome | undefined,
  difference: string | undefined,
): Pick<Row, "google" | "reason"> {
  const reason = NOT_ASKED[service];
  if (reason !== undefined) return { google: "–", reason };
  if (theirs?.result === "not asked") return { google: "–", ...(theirs.reason && { reason: theirs.reason }) };
  if (theirs?.result === "pass") return { google: "pass" };
  return difference === undefined ? { google: "FAIL" } : { google: "differs", reason: difference };
}

function failuresOf(
  outcomes: readonly Outcome[],
  who: string,
  allowed: ReadonlyMap<string, string> = new Map(),
): string[] {
  return outcomes
    .filter(outcome => outcome.result === "fail" && !allowed.has(keyOf(outcome)))
    .map(outcome => `${who} fails: ${keyOf(outcome)}\n${outcome.failure ?? ""}`);
}

function listProblems(
  embedded: readonly Outcome[],
  asked: ReadonlyMap<string, Outcome> | undefined,
  known: readonly KnownDifference[],
): string[] {
  const keys = embedded.map(keyOf);
  const behaviours = new Set(keys);
  const twice = keys.filter((key, place) => keys.indexOf(key) !== place);
  const unasked = embedded.filter(
    outcome => asked && !NOT_ASKED[outcome.service] && !asked.has(keyOf(outcome)),
  );
  return [
    ...twice.map(key => `two tests have one name: ${key}`),
    ...unasked.map(outcome => `Google's was not asked: ${keyOf(outcome)}`),
    ...known.flatMap(difference => {
      const key = keyOf(difference);
      if (!behaviours.has(key)) return [`the list of known differences names no behaviour with ${key}`];
      if (asked?.get(key)?.result === "pass") {
        return [`the list of known differences is stale, Google's does it now: ${key}`];
      }
      return [];
    }),
  ];
}

/** Where Google's emulator differs from the embedded one, which does what Google documents for the service. */
export interface KnownDifference {
  service: Service;
  behaviour: string;
  reason: string;
}
