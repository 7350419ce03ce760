// Rehearses a deployment: the real gcloud against a stub of Google's APIs and, where it is installed, Google's own
// Pub/Sub emulator. `npm run test:deploy`; with --all every function and index, which takes some minutes.
import { findGoogleEmulators, startGooglePubSub } from "../google/emulators.ts";
import type { Outcome } from "./apply.ts";
import { findLeftovers, removeLeftovers } from "./leftovers.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { missingGcloud, startRehearsal } from "./rehearsal.ts";
import { removeStages } from "./remove.ts";
import { summaryOf } from "./report.ts";

/** Not dead-letters: 31 days of retention, which Pub/Sub takes, are more than its emulator of SDK 528 knows of. */
const SOME = ["mail-preferences", "orders", "send-mail", "sweep"];

let wrong = 0;
function expect(what: string, isSo: boolean, details: unknown = ""): void {
  process.stdout.write(`${isSo ? "ok    " : "WRONG "} ${what}\n`);
  if (isSo) return;
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
  if (emulator === undefined) process.stdout.write("Pub/Sub's part is played by the stub, too.\n");
  const rehearsal = await startRehearsal({
    ...(all ? {} : { functions: SOME, fewIndexes: true, ...(emulator && { pubsub: emulator.host }) }),
  });
  try {
    await deployTwice(rehearsal);
    await findDrift(rehearsal);
    if (emulator === undefined) await drain(rehearsal);
    await destroy(rehearsal);
  } finally {
    rehearsal.close();
    await emulator?.close();
  }
}

function except(outcomes: readonly Outcome[], ...expected: Outcome["outcome"][]): string[] {
  return outcomes
    .filter(({ outcome }) => !expected.includes(outcome))
    .map(
      ({ outcome, resource: { kind, name }, details }) => `${outcome} ${kind} ${name}: ${details.join("; ")}`,
    );
}

async function deployTwice({ stub, run }: Rehearsal): Promise<void> {
  const relent = stub.refuse(({ service, method, query }) => {
    return service === "cloudfunctions" && method === "POST" && query.get("functionId") === "dev-orders";
  });
  const broken = await run();
  relent();
  const failed = broken.filter(({ outcome }) => outcome === "failed");
  expect(
    "a failure half-way is one failure, and what needs it is not tried",
    failed.length === 1,
    except(broken, "made", "changed"),
  );
  expect(
    "it says what was made and what was not",
    summaryOf(broken).includes("Not tried"),
    summaryOf(broken),
  );
  const mended = await run();
  expect(
    "the next run makes the rest",
    except(mended, "made", "changed", "same").length === 0,
    except(mended, "made", "changed", "same"),
  );
  const again = mended.filter(({ outcome, resource }) => {
    const before = broken.find(
      each => each.resource.kind === resource.kind && each.resource.name === resource.name,
    );
    return outcome !== "same" && (before?.outcome === "made" || before?.outcome === "same");
  });
  expect(
    "and makes nothing again",
    again.length === 0,
    again.map(({ resource: { kind, name }, details }) => ({ kind, name, details })),
  );
  const asked = stub.asked.length;
  const second = await run();
  expect("a second run changes nothing", except(second, "same").length === 0, except(second, "same"));
  const changes = stub.asked
    .slice(asked)
    .filter(({ method, path }) => method !== "GET" && !path.endsWith(":getIamPolicy"));
  expect("and asks for no change", changes.length === 0, changes);
  process.stdout.write(`       ${summaryOf(second)}\n`);
}

async function findDrift({ stub, run }: Rehearsal): Promise<void> {
  const [key = "", queue] = [...stub.state].find(([name]) => name.endsWith("/queues/dev-send-mail")) ?? [];
  stub.state.set(key, { ...queue, retryConfig: { ...Object(queue?.["retryConfig"]), maxAttempts: 3 } });
  const checked = except(await run({ checkOnly: true, title: "Topics and queues" }), "same");
  const expected = "differs queue dev-send-mail: retryConfig.maxAttempts is 3, should be -1";
  expect("--check says what somebody changed, and nothing else", checked.join() === expected, checked);
  const mended = except(await run({ title: "Topics and queues" }), "same");
  expect(
    "a deploy takes it back",
    mended.length === 1 && mended[0]?.startsWith("changed queue dev-send-mail") === true,
    mended,
  );
}

/** A subscription whose filter has changed since: what it has not delivered is nowhere else. */
async function drain({ stub, deployment, gcloud }: Rehearsal): Promise<void> {
  const old = "dev-pulsecart.orders.commerce-events.00000000";
  const key = `pubsub/projects/demo-pulsecart/subscriptions/${old}`;
  stub.state.set(key, { name: key.slice("pubsub/".length) });
  const left = async (count: number, nowMs: number) => {
    const undelivered = async () => new Map([[old, count]]);
    const leftovers = await findLeftovers({ ...deployment, nowMs }, { gcloud, undelivered });
    return (await removeLeftovers(leftovers, { gcloud, checkOnly: false })).map(({ line }) => line).join();
  };
  const { nowMs } = deployment;
  const later = nowMs + 60 * 60_000;
  const young = await left(0, nowMs);
  expect("an old subscription stays while its successor is young", young.includes("younger"), young);
  const full = await left(7, later);
  expect("and while it has not delivered everything", full.includes("7 messages"), full);
  const gone = await left(0, later);
  expect("and then goes", gone.startsWith("removed") && !stub.state.has(key), gone);
}

async function destroy({ stub, stages, gcloud }: Rehearsal): Promise<void> {
  const said: string[] = [];
  const removal = { gcloud, dryRun: false, say: (line: string) => void said.push(line) };
  const failed = await removeStages(stages, { ...removal, withData: false });
  const left = [...stub.state.keys()].filter(key =>
    /^(cloudfunctions|cloudscheduler|logging|monitoring)\//.test(key),
  );
  expect("destroy takes functions, schedules and alerts away", failed === 0 && left.length === 0, [
    left,
    said,
  ]);
  const database = [...stub.state.keys()].some(key => key.endsWith("/databases/dev-pulsecart"));
  expect(
    "and keeps what holds data",
    database && said.some(line => line.startsWith("kept     database")),
    said,
  );
  const holding = stages.filter(({ resources }) => resources().some(({ holdsData }) => holdsData));
  await removeStages(holding, { ...removal, withData: true });
  const rest = [...stub.state.keys()].filter(
    key =>
      /dev-/.test(key) && !/^(firebaserules|run|firestore.*backup)/.test(key) && !key.endsWith("#policy"),
  );
  expect("with --with-data everything goes", rest.length === 0, rest);
}
