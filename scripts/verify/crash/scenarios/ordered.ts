import { RELEASES } from "../../../../shared/pipeline/outbox/post-release.ts";
import type { Scenario } from "../stage/scenario.ts";
import { onlyIdIn, pushTo, releaseOf } from "./calls.ts";
import { unlessLost } from "./expected.ts";
import { queueBehind } from "./preparations.ts";

const allDone = { order: ["A", "B", "C"], ledger: ["ordered done", "ordered done", "ordered done"] };

/** An ordered reaction and its lane. */
export const orderedScenarios: readonly Scenario[] = [
  {
    name: "an ordered reaction",
    ...pushTo("ordered"),
    expected: unlessLost({ order: ["it"], ledger: ["ordered done"] }),
  },
  {
    name: "an ordered reaction: queued behind a failed event",
    ...pushTo("ordered", "B"),
    prepare: queueBehind([]),
    behaviour: "throws",
    takesTime: true,
    expected: unlessLost(
      { order: ["A", "B"], ledger: ["ordered done", "ordered done"] },
      { without: { order: ["A"], ledger: ["ordered done"] } },
    ),
  },
  {
    name: "an ordered reaction: release of the head, two events queued",
    ...releaseOf("ordered", "A"),
    prepare: queueBehind(["B", "C"]),
    holds: RELEASES,
    expected: () => allDone,
  },
  {
    name: "an ordered reaction: drain of two events",
    functionName: "ordered",
    prepare: async (cell, stage) => {
      await queueBehind(["B", "C"])(cell, stage);
      await stage.call(await releaseOf("ordered", "A").call(cell));
    },
    holds: RELEASES,
    call: async cell => {
      const id = await onlyIdIn("lanes", "key", cell.key);
      return { functionName: "ordered", path: "/drain", body: { lane_id: id } };
    },
    expected: () => allDone,
  },
];
