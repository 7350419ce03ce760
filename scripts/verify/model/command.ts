import type { LedgerState } from "../../../shared/pipeline/records/ledger-state.ts";
import { admit, checkMove, DELIVERY, ledgerMoves } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import type { StepKind } from "./reach.ts";
import type { Model, Step } from "./search.ts";
import { jsonOf } from "./state-key.ts";

/*
 * Requests of clients that repeat them, each under its Idempotency-Key, until they are answered; all about one
 * aggregate. command.ts, relay-before-answer.ts and the sweep, transaction by transaction.
 */
interface CommandSetting {
  name: string;
  requests: number;
  handlers: number;
  without: readonly ("the sweep relays" | "a refusal is checked" | "only what was committed is answered")[];
}

interface CommandWorld {
  requests: readonly Request[];
  /** The entries in the order they were committed. */
  committed: readonly number[];
  handlers: readonly CommandHandler[];
}

interface Request {
  entry: LedgerState | null;
  times: number;
  sent: boolean;
  answer: "none" | "decided" | "refused";
}

interface CommandHandler {
  of: number;
  todo: readonly CommandPoint[];
  /** The entries it found unsent, the oldest first. */
  unsent: readonly number[];
}

type CommandPoint =
  | "decide"
  | "read what exists"
  | "check the refusal"
  | "find unsent"
  | "send"
  | "mark done"
  | "answer";

type Add = (name: string, kind: StepKind, to: CommandWorld) => void;

function commandModel(setting: CommandSetting): Model<CommandWorld> {
  const request: Request = { entry: null, times: 0, sent: false, answer: "none" };
  return {
    name: setting.name,
    initial: { requests: Array(setting.requests).fill(request), committed: [], handlers: [] },
    steps: world => stepsOf(world, setting),
    always: [
      {
        name: "a command is committed at most once",
        holds: ({ requests }) => requests.every(r => r.times <= 1),
      },
      {
        name: "an answer says what was committed",
        holds: ({ requests }) =>
          requests.every(r => r.answer === "none" || (r.answer === "decided") === r.times > 0),
      },
      {
        name: "done means announced, and announced means committed",
        holds: ({ requests }) =>
          requests.every(r => (r.entry !== "done" || r.sent) && (!r.sent || r.times === 1)),
      },
    ],
    eachStep: [
      {
        name: "every move is in the table",
        holds: (from, to) =>
          from.requests.every(({ entry }, of) => {
            const after = to.requests[of]?.entry ?? null;
            return entry === after || (after !== null && ledgerMoves[entry ?? "absent"].includes(after));
          }),
      },
    ],
    reaches: [
      {
        name: "each client is answered and each command announced",
        by: ["progress"],
        goal: ({ requests, handlers }) =>
          handlers.length === 0 &&
          requests.every(r => r.answer !== "none" && (r.entry === null || r.entry === "done")),
      },
    ],
  };
}

function stepsOf(world: CommandWorld, setting: CommandSetting): Step<CommandWorld>[] {
  const steps: Step<CommandWorld>[] = [];
  const add: Add = (name, kind, to) => steps.push({ name, kind, to });
  for (const [of, request] of world.requests.entries()) {
    const isFirst = !world.handlers.some(handler => handler.of === of);
    if (world.handlers.length < setting.handlers && request.answer === "none") {
      const handlers = [...world.handlers, { of, todo: ["decide"], unsent: [] } as const];
      add(`client ${of + 1} asks`, isFirst ? "progress" : "trouble", withHandlers(world, handlers));
    }
    if (request.entry === "pending" && !setting.without.includes("the sweep relays")) {
      add(`the sweep announces ${of + 1} and dies`, "trouble", withRequest(world, of, { sent: true }));
      const done = { sent: true, entry: markedDone(request.entry) };
      add(`the sweep announces ${of + 1} and marks it done`, "progress", withRequest(world, of, done));
    }
  }
  for (const handler of world.handlers) work(add, { world, setting, handler });
  return steps;
}

function work(
  add: Add,
  { world, setting, handler }: { world: CommandWorld; setting: CommandSetting; handler: CommandHandler },
): void {
  const { of, todo, unsent } = handler;
  const request = world.requests[of];
  const [first = -1, ...later] = unsent;
  const others = world.handlers.filter(other => other !== handler);
  const goOn = (to: CommandWorld, change: Partial<CommandHandler>): CommandWorld =>
    withHandlers(to, [...others, { ...handler, ...change }]);
  const ends = (to: CommandWorld, answer: Request["answer"]): CommandWorld =>
    withRequest(withHandlers(to, others), of, request?.answer === "none" ? { answer } : {});
  const say = (what: string): string => `[request ${of + 1}] ${what}`;
  add(say("dies, or is a 503"), "trouble", withHandlers(world, others));
  const met: Partial<CommandHandler> = { todo: request?.entry === "pending" ? ["find unsent"] : ["answer"] };
  const rest = { todo: later.length > 0 ? (["send"] as const) : (["answer"] as const), unsent: later };

  const next: Record<CommandPoint, () => void> = {
    decide() {
      if (request?.entry) {
        add(say("meets its own entry"), "progress", goOn(world, { todo: ["read what exists"] }));
        add(
          say("is refused by what its first copy changed"),
          "progress",
          goOn(world, { todo: ["check the refusal"] }),
        );
      } else if (admit(DELIVERY, undefined, "none") === "run") {
        checkMove(undefined, "pending");
        const changed = withRequest(world, of, { entry: "pending", times: (request?.times ?? 0) + 1 });
        const after = { ...changed, committed: [...world.committed, of] };
        add(say("commits"), "progress", goOn(after, { todo: ["find unsent"] }));
        add(say("commits; the answer is lost, it runs again"), "trouble", goOn(after, {}));
      }
    },
    "read what exists": () => add(say("reads what exists"), "progress", goOn(world, met)),
    "check the refusal"() {
      if (setting.without.includes("a refusal is checked"))
        add(say("is refused"), "progress", ends(world, "refused"));
      else add(say("finds that it came before"), "progress", goOn(world, met));
    },
    "find unsent"() {
      const found = world.committed.filter(other => world.requests[other]?.entry === "pending");
      const todo: CommandPoint[] = found.length > 0 ? ["send"] : ["answer"];
      add(say("looks for what is unsent"), "progress", goOn(world, { todo, unsent: found }));
      outOfTime();
    },
    send() {
      const sent = withRequest(world, first, { sent: true });
      add(say(`announces ${first + 1}`), "progress", goOn(sent, { todo: ["mark done"] }));
      add(say(`cannot announce ${first + 1}`), "trouble", goOn(world, { todo: ["answer"], unsent: [] }));
      outOfTime();
    },
    "mark done"() {
      const { entry = null } = world.requests[first] ?? {};
      const marked = withRequest(world, first, { entry: markedDone(entry) });
      add(say(`marks ${first + 1} done`), "progress", goOn(marked, rest));
      outOfTime();
    },
    answer: () => add(say("is answered"), "progress", ends(world, "decided")),
  };
  /** 500 ms are over: it is answered; what goes on behind the answer may be stopped at any point. */
  function outOfTime(): void {
    add(say("is out of time, answered, and stopped"), "trouble", ends(world, "decided"));
    const answered = goOn(ends(world, "decided"), {});
    add(say("is out of time, answered, and goes on"), "trouble", answered);
  }
  if (setting.without.includes("only what was committed is answered"))
    add(say("is answered too early"), "trouble", ends(world, "decided"));
  const [point] = todo;
  if (point) next[point]();
}

/** `markDone` of ledger.ts. */
function markedDone(entry: LedgerState | null): LedgerState | null {
  return entry === "pending" ? "done" : entry;
}

function withRequest(world: CommandWorld, of: number, change: Partial<Request>): CommandWorld {
  const request = world.requests[of];
  return request ? { ...world, requests: world.requests.with(of, { ...request, ...change }) } : world;
}

function withHandlers(world: CommandWorld, handlers: readonly CommandHandler[]): CommandWorld {
  return { ...world, handlers: handlers.toSorted((a, b) => (jsonOf(a) < jsonOf(b) ? -1 : 1)) };
}

const two: CommandSetting = {
  name: "command: two requests, repeated",
  requests: 2,
  handlers: 2,
  without: [],
};

export const commandChecks: readonly Check[] = [
  holds(commandModel(two), { isQuick: true }),
  holds(commandModel({ ...two, name: "command: two requests, three at work", handlers: 3 })),
  finds(
    "each client is answered and each command announced",
    commandModel({ ...two, name: `command without "the sweep relays"`, without: ["the sweep relays"] }),
  ),
  finds(
    "an answer says what was committed",
    commandModel({
      ...two,
      name: `command without "a refusal is checked"`,
      without: ["a refusal is checked"],
    }),
  ),
  finds(
    "an answer says what was committed",
    commandModel({
      ...two,
      name: `command without "only what was committed is answered"`,
      without: ["only what was committed is answered"],
    }),
  ),
];
