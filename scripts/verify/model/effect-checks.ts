import type { Check } from "./check.ts";
import { finds, holds } from "./check.ts";
import { effectModel } from "./effect.ts";
import type { EffectGuard, EffectSetting } from "./effect-world.ts";

const once: EffectSetting = { name: "effect: once", repeatable: false, holders: 3, resends: 0, without: [] };

function without(guard: EffectGuard) {
  return effectModel({ ...once, repeatable: true, name: `effect without "${guard}"`, without: [guard] });
}

/** The models of effects. */
export const effectChecks: readonly Check[] = [
  holds(effectModel(once), { isQuick: true }),
  holds(effectModel({ ...once, name: "effect: once, resent by an operator", resends: 1 })),
  holds(effectModel({ ...once, name: "effect: repeatable", repeatable: true })),
  holds(
    effectModel({
      ...once,
      name: "effect: repeatable, resent by an operator",
      repeatable: true,
      holders: 2,
      resends: 1,
    }),
  ),
  finds("an effect is executed no more often than allowed", without("an expired lease is not planned again")),
  finds(
    "while a lease runs, only its holder changes the effect",
    without("only the holder of the lease reports"),
  ),
  finds("an effect becomes idle once failures stop", without("the sweep looks for overdue effects")),
];
