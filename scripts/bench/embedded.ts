import { createLocalClock } from "../local/clock.ts";
import { startFirestore } from "../local/firestore/firestore.ts";
import { createIdentity } from "../local/identity.ts";
import { startPubSub } from "../local/pubsub/pubsub.ts";
import { openStorage } from "../local/storage.ts";

// One local service as a process of its own: `node scripts/bench/embedded.ts firestore`. It ends with its input.
const storage = openStorage();
const clock = createLocalClock(storage.keeper);
const { host } =
  process.argv[2] === "firestore"
    ? await startFirestore({ now: clock.now, storage })
    : await startPubSub({ clock, identity: await createIdentity(), storage });
process.stdout.write(`ready at ${host}\n`);
process.stdin.resume().on("end", () => process.exit());
