import { ledger } from "../../../../shared/pipeline/records/ledger.ts";
import type { Scenario } from "../stage/scenario.ts";
import { callTimer, onlyIdIn, releaseOf } from "./calls.ts";
import { doneOrStillParked, segmentChange, unlessLost } from "./expected.ts";
import { parkUnadopted } from "./preparations.ts";

const alarmTraces = { rings: 1, published: { "user.banned": 1 } };

/** A command, a timer, and two releases by an operator. */
export const commandAndTimerScenarios: readonly Scenario[] = [
  {
    name: "a command with an Idempotency-Key",
    functionName: "desk",
    isAnswered: true,
    call: async ({ key }) => ({
      functionName: "desk",
      path: `/desk/${key}`,
      body: {},
      headers: { "idempotency-key": key },
    }),
    expected: unlessLost({ times: 1, published: segmentChange, ledger: ["desk done"] }),
  },
  {
    name: "a timer",
    functionName: "alarm",
    call: callTimer,
    expected: unlessLost({ ...alarmTraces, ledger: ["alarm done"] }),
  },
  {
    name: "a parked timer, released by an operator",
    functionName: "alarm",
    prepare: async (cell, stage) => {
      const { behaviours } = stage.externalSystem;
      behaviours.set(cell.key, "throws a permanent error");
      await stage.call(await callTimer(cell, stage));
      behaviours.delete(cell.key);
    },
    call: async ({ key }) => {
      const id = await onlyIdIn(ledger.name, "cause.id", key);
      return { functionName: "alarm", path: "/release", body: { ledger_id: id, n: 1 } };
    },
    expected: doneOrStillParked(alarmTraces, "alarm"),
  },
  {
    name: "a parked message that bypassed ingest, released by an operator",
    ...releaseOf("adopter"),
    prepare: parkUnadopted,
    expected: doneOrStillParked({ published: segmentChange }, "adopter"),
  },
];
