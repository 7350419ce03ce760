import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { hostFunction } from "../../scripts/plan/load-functions.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { FirestoreTooSlow } from "../errors.ts";
import { command } from "./command.ts";
import { httpFunction } from "./http-function.ts";

type Trouble = new (message: string, options: ErrorOptions) => Error;

const troubles: Readonly<Record<string, Trouble>> = { broken: Error, slow: FirestoreTooSlow };

let world: World;
beforeAll(async () => {
  const desk = () =>
    httpFunction("desk", {
      "POST /desk/:id": command("desk", async ({ params, body }) => {
        const Raised = troubles[String(params["id"])] ?? Error;
        throw new Raised(`cannot store ${JSON.stringify(body)}`, { cause: new Error(String(body["note"])) });
      }),
    });
  world = await startWorld(async () => [hostFunction(desk())]);
});
afterAll(() => world.close());

test.each([
  ["/desk/broken", 500],
  ["/desk/slow", 503],
])("repeats no personal text when an error quotes the request: %s", async (path, status) => {
  const answer = await world.send("POST", path, { user_id: "usr_1", note: "for Ann Other" });
  const [{ message = "", stack = "", cause = "" } = {}] = world.lines.flatMap(
    ({ fields }) => (fields["error"] as Error | undefined) ?? [],
  );
  world.lines.length = 0;
  expect(message).toContain('"usr_1"');
  expect([answer.status, JSON.stringify([answer.body, message, stack, String(cause)])]).toEqual([
    status,
    expect.not.stringContaining("Ann Other"),
  ]);
});
