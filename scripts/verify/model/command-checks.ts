import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import { commandModel } from "./command.ts";
import type { CommandSetting } from "./command-world.ts";

const two: CommandSetting = {
  name: "command: two requests, repeated",
  requests: 2,
  handlers: 2,
  without: [],
};

function without(guard: CommandSetting["without"][number]) {
  return commandModel({ ...two, name: `command without "${guard}"`, without: [guard] });
}

/** The models of commands. */
export const commandChecks: readonly Check[] = [
  holds(commandModel(two), { isQuick: true }),
  holds(commandModel({ ...two, name: "command: two requests, three handlers", handlers: 3 })),
  finds("each client is answered and each command is relayed", without("the sweep relays")),
  finds("an answer agrees with the commit", without("a refusal is checked")),
  finds("an answer agrees with the commit", without("only a committed command is answered")),
];
