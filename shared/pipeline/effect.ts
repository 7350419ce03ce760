import * as v from "valibot";
import { PermanentError } from "../errors.ts";
import type { HttpRequest } from "../http/handler.ts";
import { readJsonObject } from "../http/json-body.ts";
import { Problem } from "../http/problem.ts";
import type { Declared } from "./declaration.ts";
import type { EffectKind, EffectRules } from "./process/effect-lease.ts";
import { logEffect, parkEffect, processEffect } from "./process/process-effect.ts";
import { isLastTry } from "./process/retry-policy.ts";
import type { TaskFunction } from "./receive/task-function.ts";
import { taskFunction } from "./receive/task-function.ts";
import { answerTo } from "./receive/task-routes.ts";

/**
 * Declares the function that sends one kind of effect. Units of work plan effects, and Cloud Tasks calls this function.
 * External systems see nothing from any other function.
 * @example
 * export const sendMail = effect("send-mail", v.object({ to: v.string() }), {
 *   decide: async ({ to }, documents) => ((await mayMail(to, documents)) ? undefined : skip("consent is withdrawn")),
 *   send: async ({ to }, { id, signal }) => deliver({ to, messageId: id, signal }),
 *   repeatable: () => true,
 *   personal: ({ to }) => [to],
 * });
 */
export function effect<S extends v.GenericSchema>(
  name: string,
  schema: S,
  rules: EffectRules<v.InferOutput<S>>,
): TaskFunction & Declared {
  const kind: EffectKind<v.InferOutput<S>> = {
    rules,
    read: data => {
      const parsed = v.safeParse(schema, data);
      if (parsed.success) return parsed.output;
      throw new PermanentError(`planned data of ${name} is invalid: ${v.summarize(parsed.issues)}`);
    },
  };
  const call = async (request: HttpRequest) => {
    const id = effectIdIn(request, name);
    try {
      return answerTo(logEffect(id, await processEffect(id, kind)));
    } catch (error) {
      if (!isLastTry(error, request)) return answerTo(logEffect(id, { outcome: "refused", error }));
      return answerTo(logEffect(id, await parkEffect(id, error)));
    }
  };
  const hosted = taskFunction(name, { "POST /": call });
  return Object.assign(hosted, { declaration: { kind: "effect", name } as const });
}

function effectIdIn(request: HttpRequest, name: string): string {
  const { effect_id: id } = readJsonObject(request);
  if (typeof id === "string" && id.startsWith(`${name}~`)) return id;
  const detail = `Expected {effect_id} of a planned ${name}.`;
  throw new Problem({ status: 400, slug: "not-an-effect", detail });
}
