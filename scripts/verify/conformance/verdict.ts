/** The folders of behaviours, in the order of the table. `all` holds the behaviours of all four services. */
export const SERVICES = ["firestore", "pubsub", "tasks", "scheduler", "all"] as const;
export type Service = (typeof SERVICES)[number];

/** The result of one behaviour's test against one emulator. */
export interface BehaviourResult {
  service: Service;
  behaviour: string;
  result: "pass" | "fail" | "not tested";
  /** The reason of "not tested". */
  reason?: string;
  /** The test's message of a failure. */
  failure?: string;
}

/** A behaviour in which Google's emulator differs. The embedded one does what Google documents for the service. */
export interface KnownDifference {
  service: Service;
  behaviour: string;
  reason: string;
}

/** One row of the conformance table. */
export interface Row {
  service: Service;
  behaviour: string;
  embedded: "pass" | "FAIL";
  /** A dash stands for a behaviour that was not tested. */
  google: "pass" | "differs" | "FAIL" | "–";
  /** The reason of a difference or of a dash. */
  reason?: string;
}

export interface Verdict {
  rows: Row[];
  /** Sentences; each makes the run fail. */
  problems: string[];
}

/** Services that Google's emulators are not tested for, with the reason. */
const NOT_TESTED: Partial<Record<Service, string>> = {
  tasks: "Google has no emulator of Cloud Tasks",
  scheduler: "Google has no emulator of Cloud Scheduler",
  all: "the embedded emulators decide which calls and fields they support",
};

/** Tells whether an emulator fails a behaviour that is no known difference. */
export function failsUnexpectedly(
  results: readonly BehaviourResult[],
  known: readonly KnownDifference[],
): boolean {
  const expected = new Set(known.map(keyOf));
  return results.some(result => result.result === "fail" && !expected.has(keyOf(result)));
}

/** Combines two runs of the same tests: a behaviour passes when one of the runs passes. */
export function bestOf(
  first: readonly BehaviourResult[],
  second: readonly BehaviourResult[],
): BehaviourResult[] {
  const again = new Map(second.map(result => [keyOf(result), result]));
  return first.map(result => (result.result === "fail" ? (again.get(keyOf(result)) ?? result) : result));
}

/**
 * Compares the results of both emulators.
 * @param google undefined when Google's emulators are not installed
 */
export function judge(
  embedded: readonly BehaviourResult[],
  google: readonly BehaviourResult[] | undefined,
  known: readonly KnownDifference[],
): Verdict {
  const differences = new Map(known.map(difference => [keyOf(difference), difference.reason]));
  const byKey = google && new Map(google.map(result => [keyOf(result), result]));
  const rows = embedded.map((result): Row => {
    const { service, behaviour } = result;
    const key = keyOf(result);
    const cell = byKey
      ? googleCell(service, byKey.get(key), differences.get(key))
      : ({ google: "–", reason: "Google's emulators are not installed here" } as const);
    return { service, behaviour, embedded: result.result === "fail" ? "FAIL" : "pass", ...cell };
  });
  return {
    rows,
    problems: [
      ...failuresOf(embedded, "embedded"),
      ...failuresOf(google ?? [], "Google's", differences),
      ...listProblems(embedded, byKey, known),
    ],
  };
}

const keyOf = ({ service, behaviour }: { service: Service; behaviour: string }) => `${service}: ${behaviour}`;

function googleCell(
  service: Service,
  result: BehaviourResult | undefined,
  difference: string | undefined,
): Pick<Row, "google" | "reason"> {
  const reason = NOT_TESTED[service];
  if (reason !== undefined) return { google: "–", reason };
  if (result?.result === "not tested") return { google: "–", reason: result.reason };
  if (result?.result === "pass") return { google: "pass" };
  return difference === undefined ? { google: "FAIL" } : { google: "differs", reason: difference };
}

function failuresOf(
  results: readonly BehaviourResult[],
  emulator: string,
  allowed: ReadonlyMap<string, string> = new Map(),
): string[] {
  return results
    .filter(result => result.result === "fail" && !allowed.has(keyOf(result)))
    .map(result => `${emulator} fails: ${keyOf(result)}\n${result.failure ?? ""}`);
}

/** Finds faults of the lists themselves: equal names, untested behaviours, wrong or stale known differences. */
function listProblems(
  embedded: readonly BehaviourResult[],
  google: ReadonlyMap<string, BehaviourResult> | undefined,
  known: readonly KnownDifference[],
): string[] {
  const keys = embedded.map(keyOf);
  const behaviours = new Set(keys);
  const repeated = keys.filter((key, index) => keys.indexOf(key) !== index);
  const untested = embedded.filter(
    result => google && !NOT_TESTED[result.service] && !google.has(keyOf(result)),
  );
  return [
    ...repeated.map(key => `two tests have one name: ${key}`),
    ...untested.map(result => `Google's was not tested: ${keyOf(result)}`),
    ...known.flatMap(difference => {
      const key = keyOf(difference);
      if (!behaviours.has(key)) return [`known-differences.ts names no behaviour: ${key}`];
      if (google?.get(key)?.result === "pass") {
        return [`known-differences.ts is stale, Google's emulator passes now: ${key}`];
      }
      return [];
    }),
  ];
}
