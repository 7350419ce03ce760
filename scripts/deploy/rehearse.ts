// `npm run test:deploy`: rehearses a deployment with the real gcloud against a stub of Google's APIs.
// Without --all, an installed Pub/Sub emulator answers in place of the stub. --all deploys every function and index.
import { HOUR_MS } from "../../shared/values/durations.ts";
import { findGoogleEmulators, startGooglePubSub } from "../google/emulators.ts";
import type { ResourceOutcome } from "./apply.ts";
import { findLeftovers, removeLeftovers } from "./leftovers.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { missingGcloud, startRehearsal } from "./rehearsal.ts";
import { removeStages } from "./remove.ts";
import { summaryOf } from "./report.ts";

/** The functions that are deployed without --all, except dead-letters: the emulator of SDK 528 refuses its 31 days of retention. */
const REHEARSED_FUNCTIONS = ["mail-preferences", "orders", "send-mail", "sweep"];

let wrong = 0;
function expect(claim: string, isTrue: boolean, details: unknown = ""): void {
  process.stdout.write(`${isTrue ? "ok    " : "WRONG "} ${claim}\n`);
  if (isTrue) return;
  wrong += 1;
  process.stdout.write(`${typeof details === "string" ? details : JSON.stringify(details, null, 1)}\n`);
}

const missing = missingGcloud();
if (missing === undefined) await rehearse(process.argv.includes("--all"));
else process.stdout.write(`Not rehearsed: ${missing}\n`);
process.exitCode = wrong > 0 ? 1 : 0;

async function rehearse(all: boolean): Promise<void> {
  const emulators = findGoogleEmulators();
  const emulator = all || "missing" in emulators ? undefined : await startGooglePubSub(emulators);
  if (emulator === undefined) process.stdout.write("The stub answers for Pub/Sub, too.\n");
  const rehearsal = await startRehearsal({
    ...(all ? {} : { functions: REHEARSED_FUNCTIONS, fewIndexes: true, pubsub: emulator?.host }),
  });
  try {
    await deployTwice(rehearsal);
    await findDrift(rehearsal);
    if (emulator === undefined) await removeDrained(rehearsal);
    await destroy(rehearsal);
  } finally {
    rehearsal.close();
    await emulator?.close();
  }
}

function except(outcomes: readonly ResourceOutcome[], ...expected: ResourceOutcome["outcome"][]): string[] {
  return outcomes
    .filter(({ outcome }) => !expected.includes(outcome))
    .map(
      ({ outcome, resource: { kind, name }, details }) => `${outcome} ${kind} ${name}: ${details.join("; ")}`,
    );
}

async function deployTwice({ stub, run }: Rehearsal): Promise<void> {
  const endRefusal = stub.refuse(({ service, method, query }) => {
    return service === "cloudfunctions" && method === "POST" && query.get("functionId") === "dev-orders";
  });
  const broken = await run();
  endRefusal();
  const failed = broken.filter(({ outcome }) => outcome === "failed");
  expect("a failure ends the run after its stage", failed.length === 1, except(broken, "made", "changed"));
  expect(
    "the summary names created and untried resources",
    summaryOf(broken).includes("Not tried"),
    summaryOf(broken),
  );
  const repaired = await run();
  expect(
    "the next run creates the rest",
    except(repaired, "made", "changed", "same").length === 0,
    except(repaired, "made", "changed", "same"),
  );
  const again = repaired.filter(({ outcome, resource }) => {
    const before = broken.find(
      each => each.resource.kind === resource.kind && each.resource.name === resource.name,
    );
    return outcome !== "same" && (before?.outcome === "made" || before?.outcome === "same");
  });
  expect(
    "the next run creates no resource again",
    again.length === 0,
    again.map(({ resource: { kind, name }, details }) => ({ kind, name, details })),
  );
  const earlier = stub.requests.length;
  const second = await run();
  expect("a second run changes nothing", except(second, "same").length === 0, except(second, "same"));
  const changes = stub.requests
    .slice(earlier)
    .filter(({ method, path }) => method !== "GET" && !path.endsWith(":getIamPolicy"));
  expect("a second run sends no change", changes.length === 0, changes);
  process.stdout.write(`       ${summaryOf(second)}\n`);
}

async function findDrift({ stub, run }: Rehearsal): Promise<void> {
  const [key = "", queue] = [...stub.state].find(([name]) => name.endsWith("/queues/dev-send-mail")) ?? [];
  stub.state.set(key, { ...queue, retryConfig: { ...Object(queue?.["retryConfig"]), maxAttempts: 3 } });
  const checked = except(await run({ checkOnly: true, title: "Topics and queues" }), "same");
  const expected = "differs queue dev-send-mail: retryConfig.maxAttempts is 3, should be -1";
  expect("--check names a changed value alone", checked.join() === expected, checked);
  const repaired = except(await run({ title: "Topics and queues" }), "same");
  expect(
    "a deployment restores the value",
    repaired.length === 1 && repaired[0]?.startsWith("changed queue dev-send-mail") === true,
    repaired,
  );
}

/** Checks the removal of a subscription whose filter has changed. The old subscription alone holds its undelivered messages. */
async function removeDrained({ stub, deployment, gcloud }: Rehearsal): Promise<void> {
  const old = "dev-pulsecart.orders.commerce-events.00000000";
  const key = `pubsub/projects/demo-pulsecart/subscriptions/${old}`;
  stub.state.set(key, { name: key.slice("pubsub/".length) });
  const left = async (count: number, nowMs: number) => {
    const undelivered = async () => new Map([[old, count]]);
    const leftovers = await findLeftovers({ ...deployment, nowMs }, { gcloud, undelivered });
    return (await removeLeftovers(leftovers, { gcloud, checkOnly: false })).map(({ line }) => line).join();
  };
  const { nowMs } = deployment;
  const later = nowMs + HOUR_MS;
  const young = await left(0, nowMs);
  expect("an old subscription stays while its successor is young", young.includes("younger"), young);
  const full = await left(7, later);
  expect("an old subscription stays while messages are undelivered", full.includes("7 messages"), full);
  const gone = await left(0, later);
  expect("a drained old subscription is removed", gone.startsWith("removed") && !stub.state.has(key), gone);
}

async function destroy({ stub, stages, gcloud }: Rehearsal): Promise<void> {
  const printed: string[] = [];
  const removal = { gcloud, dryRun: false, say: (line: string) => void printed.push(line) };
  const failed = await removeStages(stages, { ...removal, withData: false });
  const left = [...stub.state.keys()].filter(key =>
    /^(cloudfunctions|cloudscheduler|logging|monitoring)\//.test(key),
  );
  expect("destroy removes functions, schedules and alerts", failed === 0 && left.length === 0, [
    left,
    printed,
  ]);
  const database = [...stub.state.keys()].some(key => key.endsWith("/databases/dev-pulsecart"));
  expect(
    "destroy keeps resources with data",
    database && printed.some(line => line.startsWith("kept     database")),
    printed,
  );
  const holding = stages.filter(({ resources }) => resources().some(({ holdsData }) => holdsData));
  await removeStages(holding, { ...removal, withData: true });
  const rest = [...stub.state.keys()].filter(
    key =>
      /dev-/.test(key) && !/^(firebaserules|run|firestore.*backup)/.test(key) && !key.endsWith("#policy"),
  );
  expect("destroy --with-data removes every resource", rest.length === 0, rest);
}
