import { createLocalClock } from "../../local-cloud/clock.ts";
import { startFirestore } from "../../local-cloud/firestore/firestore.ts";
import { createIdentity } from "../../local-cloud/identity.ts";
import { startPubSub } from "../../local-cloud/pubsub/pubsub.ts";
import { openStorage } from "../../local-cloud/storage.ts";

// Runs one local service: `node scripts/measure/bench/embedded.ts firestore`. The end of standard input ends the
// process.
const storage = openStorage();
const clock = createLocalClock(storage.keeper);
const { host } =
  process.argv[2] === "firestore"
    ? await startFirestore({ now: clock.now, storage })
    : await startPubSub({ clock, identity: await createIdentity(), storage });
process.stdout.write(`ready at ${host}\n`);
process.stdin.resume().on("end", () => process.exit());
