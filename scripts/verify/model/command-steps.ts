import { admit, checkMove, DELIVERY } from "../../../shared/pipeline/records/ledger-state.ts";
import type {
  CommandHandler,
  CommandPoint,
  CommandRequest,
  CommandSetting,
  CommandWorld,
} from "./command-world.ts";
import { markedDone, withHandlers, withRequest } from "./command-world.ts";
import type { StepKind } from "./reach.ts";

export type Add = (name: string, kind: StepKind, to: CommandWorld) => void;

/** Adds the next steps of one handler. */
export function addStepsOf(
  handler: CommandHandler,
  { add, world, setting }: { add: Add; world: CommandWorld; setting: CommandSetting },
): void {
  const here = new CommandSteps(handler, { add, world, setting });
  here.add("crashes, or answers 503", "trouble", here.leave(world));
  if (setting.without.includes("only a committed command is answered"))
    here.add("answers too early", "trouble", here.answer("decided"));
  const [point] = handler.todo;
  if (point) next[point](here);
}

/** Adds the steps of one handler at one point. */
class CommandSteps {
  readonly world: CommandWorld;
  readonly setting: CommandSetting;
  readonly handler: CommandHandler;
  readonly request: CommandRequest | undefined;
  readonly #add: Add;

  constructor(
    handler: CommandHandler,
    { add, world, setting }: { add: Add; world: CommandWorld; setting: CommandSetting },
  ) {
    this.world = world;
    this.setting = setting;
    this.handler = handler;
    this.request = world.requests[handler.request];
    this.#add = add;
  }

  add(words: string, kind: StepKind, to: CommandWorld): void {
    this.#add(`[request ${this.handler.request + 1}] ${words}`, kind, to);
  }

  /** Returns a changed world in which the handler continues, itself changed. */
  continueIn(world: CommandWorld, change: Partial<CommandHandler>): CommandWorld {
    return withHandlers(world, [...this.#others, { ...this.handler, ...change }]);
  }

  /** Returns a world without this handler. */
  leave(world: CommandWorld): CommandWorld {
    return withHandlers(world, this.#others);
  }

  /** Returns the world in which the client has its answer and this handler is gone. */
  answer(answer: CommandRequest["answer"]): CommandWorld {
    const change = this.request?.answer === "none" ? { answer } : {};
    return withRequest(this.leave(this.world), this.handler.request, change);
  }

  /** The points after the handler has found its own entry. */
  get afterExisting(): Pick<CommandHandler, "todo"> {
    return { todo: this.request?.entry === "pending" ? ["find unsent"] : ["answer"] };
  }

  /** Adds the end of the 500 ms before the answer. The work behind an answer may stop at any point. */
  addTimeout(): void {
    const answered = this.answer("decided");
    this.add("answers after 500 ms, and is stopped", "trouble", answered);
    this.add("answers after 500 ms, and continues", "trouble", this.continueIn(answered, {}));
  }

  get #others(): CommandHandler[] {
    return this.world.handlers.filter(other => other !== this.handler);
  }
}

const next: Record<CommandPoint, (here: CommandSteps) => void> = {
  decide(here) {
    const { world, request, handler } = here;
    if (request?.entry) {
      const toEntry = here.continueIn(world, { todo: ["read the existing entry"] });
      here.add("finds its own entry", "progress", toEntry);
      const toRefusal = here.continueIn(world, { todo: ["check the refusal"] });
      here.add("is refused because of its first copy's changes", "progress", toRefusal);
    } else if (admit(DELIVERY, undefined, "none") === "run") {
      checkMove(undefined, "pending");
      const committed = { entry: "pending", commits: (request?.commits ?? 0) + 1 } as const;
      const changed = withRequest(world, handler.request, committed);
      const after = { ...changed, committed: [...world.committed, handler.request] };
      here.add("commits", "progress", here.continueIn(after, { todo: ["find unsent"] }));
      const again = here.continueIn(after, {});
      here.add("commits; the answer is lost, the transaction runs again", "trouble", again);
    }
  },
  "read the existing entry"(here) {
    here.add("reads the existing entry", "progress", here.continueIn(here.world, here.afterExisting));
  },
  "check the refusal"(here) {
    if (here.setting.without.includes("a refusal is checked"))
      here.add("is refused", "progress", here.answer("refused"));
    else here.add("finds its own entry", "progress", here.continueIn(here.world, here.afterExisting));
  },
  "find unsent"(here) {
    const { world } = here;
    const unsent = world.committed.filter(other => world.requests[other]?.entry === "pending");
    const todo: CommandPoint[] = unsent.length > 0 ? ["send"] : ["answer"];
    here.add("looks for pending entries", "progress", here.continueIn(world, { todo, unsent }));
    here.addTimeout();
  },
  send(here) {
    const [first = -1] = here.handler.unsent;
    const sent = withRequest(here.world, first, { sent: true });
    here.add(`relays request ${first + 1}`, "progress", here.continueIn(sent, { todo: ["mark done"] }));
    const failed = here.continueIn(here.world, { todo: ["answer"], unsent: [] });
    here.add(`cannot relay request ${first + 1}`, "trouble", failed);
    here.addTimeout();
  },
  "mark done"(here) {
    const [first = -1, ...unsent] = here.handler.unsent;
    const { entry = null } = here.world.requests[first] ?? {};
    const marked = withRequest(here.world, first, { entry: markedDone(entry) });
    const todo: CommandPoint[] = unsent.length > 0 ? ["send"] : ["answer"];
    here.add(`marks request ${first + 1} done`, "progress", here.continueIn(marked, { todo, unsent }));
    here.addTimeout();
  },
  answer(here) {
    here.add("answers", "progress", here.answer("decided"));
  },
};
