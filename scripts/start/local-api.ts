import type { Server } from "node:http";
import * as v from "valibot";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { readJsonObject } from "../../shared/http/json-body.ts";
import { Problem } from "../../shared/http/problem.ts";
import { router } from "../../shared/http/router.ts";
import { createFrontDoorServer } from "../../shared/http/server/door-server.ts";
import { validBody } from "../../shared/http/valid-body.ts";
import type { Faults } from "../local-cloud/faults/faults.ts";
import { faultRules } from "../local-cloud/faults/faults.ts";
import type { Inbox } from "../local-cloud/smtp/inbox.ts";
import { inboxRoutes } from "./inbox/inbox-api.ts";

/** The operations of the runtime behind `/__local`. */
export interface LocalControls {
  status(): object;
  /** Moves the clock, stepping to each due item. Resolves when the services are idle at the new time. */
  advance(ms: number): Promise<void>;
  settle(): Promise<void>;
  now(): number;
  faults: Faults;
  inbox: Inbox;
}

/** Max time of one request: a month, which takes some three minutes with the jobs of every minute. */
const MAX_ADVANCE_SECONDS = 31 * 24 * 60 * 60;
const SECONDS_WORDS = `a number of seconds from 0 to ${MAX_ADVANCE_SECONDS}`;

const advanceBody = v.strictObject({
  seconds: v.pipe(
    v.number(SECONDS_WORDS),
    v.minValue(0, SECONDS_WORDS),
    v.maxValue(MAX_ADVANCE_SECONDS, SECONDS_WORDS),
  ),
});

/** Creates the server of `/__local`. The server listens on no port; the gateway passes requests to it. */
export function createLocalApi(controls: LocalControls): Server {
  const { handle } = router({
    "GET /__local/status": async () => ({ status: 200, body: controls.status() }),
    "POST /__local/settle": async () => {
      await controls.settle();
      return { status: 200, body: controls.status() };
    },
    "POST /__local/clock/advance": async request => {
      await controls.advance(secondsOf(request) * 1000);
      return { status: 200, body: { now: new Date(controls.now()).toISOString() } };
    },
    "GET /__local/faults": async () => faultsAnswer(controls.faults),
    "POST /__local/faults": async request => {
      controls.faults.set(validBody(faultRules, readJsonObject(request)));
      return faultsAnswer(controls.faults);
    },
    "DELETE /__local/faults": async () => {
      controls.faults.set({});
      return faultsAnswer(controls.faults);
    },
    ...inboxRoutes(controls.inbox),
  });
  return createFrontDoorServer(handle);
}

function faultsAnswer({ rules, struck }: Faults): HttpAnswer {
  return { status: 200, body: { rules: rules(), struck: struck() } };
}

function secondsOf(request: HttpRequest): number {
  const body = v.safeParse(advanceBody, readJsonObject(request));
  if (body.success) return body.output.seconds;
  throw new Problem({
    status: 422,
    slug: "invalid-advance",
    detail: `Body invalid: expected {"seconds": n}, ${SECONDS_WORDS}.`,
  });
}
