import { ledgerMoves } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Add } from "./command-steps.ts";
import { addStepsOf } from "./command-steps.ts";
import type { CommandRequest, CommandSetting, CommandWorld } from "./command-world.ts";
import { markedDone, withHandlers, withRequest } from "./command-world.ts";
import type { Model, Step } from "./search.ts";

/**
 * Builds the model of commands under one setting.
 * Clients repeat a request under one Idempotency-Key until an answer arrives. All requests concern one aggregate.
 * Each step is a transaction or a call of pipeline/command.ts, outbox/relay-before-answer.ts or the sweep.
 */
export function commandModel(setting: CommandSetting): Model<CommandWorld> {
  const request: CommandRequest = { entry: null, commits: 0, sent: false, answer: "none" };
  return {
    name: setting.name,
    initial: { requests: Array(setting.requests).fill(request), committed: [], handlers: [] },
    steps: world => stepsOf(world, setting),
    always: invariants,
    eachStep: [
      {
        name: "every change of state is in the table",
        holds: (from, to) =>
          from.requests.every(({ entry }, request) => {
            const after = to.requests[request]?.entry ?? null;
            return entry === after || (after !== null && ledgerMoves[entry ?? "absent"].includes(after));
          }),
      },
    ],
    reaches: [
      {
        name: "each client is answered and each command is relayed",
        by: ["progress"],
        goal: ({ requests, handlers }) =>
          handlers.length === 0 &&
          requests.every(r => r.answer !== "none" && (r.entry === null || r.entry === "done")),
      },
    ],
  };
}

const invariants: Model<CommandWorld>["always"] = [
  {
    name: "a command is committed at most once",
    holds: ({ requests }) => requests.every(r => r.commits <= 1),
  },
  {
    name: "an answer agrees with the commit",
    holds: ({ requests }) =>
      requests.every(r => r.answer === "none" || (r.answer === "decided") === r.commits > 0),
  },
  {
    name: "a done command was sent, and a sent command was committed",
    holds: ({ requests }) =>
      requests.every(r => (r.entry !== "done" || r.sent) && (!r.sent || r.commits === 1)),
  },
];

function stepsOf(world: CommandWorld, setting: CommandSetting): Step<CommandWorld>[] {
  const steps: Step<CommandWorld>[] = [];
  const add: Add = (name, kind, to) => steps.push({ name, kind, to });
  for (const [index, request] of world.requests.entries()) {
    const isFirst = !world.handlers.some(handler => handler.request === index);
    if (world.handlers.length < setting.handlers && request.answer === "none") {
      const handlers = [...world.handlers, { request: index, todo: ["decide"], unsent: [] } as const];
      add(
        `client ${index + 1} sends its request`,
        isFirst ? "progress" : "trouble",
        withHandlers(world, handlers),
      );
    }
    if (request.entry === "pending" && !setting.without.includes("the sweep relays")) {
      const sweep = `the sweep relays request ${index + 1}`;
      add(`${sweep} and crashes`, "trouble", withRequest(world, index, { sent: true }));
      const done = { sent: true, entry: markedDone(request.entry) };
      add(`${sweep} and marks its entry done`, "progress", withRequest(world, index, done));
    }
  }
  for (const handler of world.handlers) addStepsOf(handler, { add, world, setting });
  return steps;
}
