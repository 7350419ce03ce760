import { clock } from "../../shared/clock.ts";
import { config } from "../../shared/config.ts";
import { PublishUnconfirmed } from "../../shared/errors.ts";
import { enrich, fingerprintOf } from "../../shared/events/envelope.ts";
import type { Validation } from "../../shared/events/validate.ts";
import { validateChecked } from "../../shared/events/validate.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { readCheckedObject } from "../../shared/http/json-body.ts";
import { Problem, unavailable } from "../../shared/http/problem.ts";
import { log } from "../../shared/log.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import { publishEvent } from "../../shared/pipeline/outbox/publish.ts";
import { traceparentOf } from "../../shared/pipeline/receive/traceparent.ts";
import { callerOf, checkMayReport } from "../../shared/producers/caller.ts";
import { producers } from "../../shared/producers/producers.ts";
import { newId } from "../../shared/values/ids.ts";

config(); // throws at the start when the configuration is incomplete
producers(); // throws at the start when the configured producers are invalid

/**
 * Accepts the reports of other systems. The function validates, enriches and publishes, and does nothing else: 202
 * means that Pub/Sub holds the event.
 */
export const ingest = httpFunction("ingest", {
  "GET /health": async () => ({ status: 200, body: { status: "ok" } }),
  "POST /events/ingest": async request => {
    try {
      return await ingestOne(request);
    } catch (error) {
      if (error instanceof Problem)
        log("INFO", "event.refused", { status: error.status, problem: error.slug });
      throw error;
    }
  },
});

async function ingestOne(request: HttpRequest): Promise<HttpAnswer> {
  const nowMs = clock.now();
  const caller = callerOf(request, producers());
  const body = readCheckedObject(request);
  const checked = validateChecked(body);
  if (!checked.ok) throw refusal(checked);
  checkMayReport(caller, checked.event.event_type);
  const event = enrich(checked.event, {
    nowMs,
    newId: () => newId("evt", { nowMs }),
    producer: caller.name,
    traceparent: traceparentOf(request.headers),
  });
  const messageId = await publishOrRefuse(() => publishEvent(event, fingerprintOf(body.value)));
  log("INFO", "event.accepted", {
    event_type: event.event_type,
    event_id: event.event_id,
    producer: event.producer,
    message_id: messageId,
    correlation_id: event.correlation_id,
    ms: clock.now() - nowMs,
    traceparent: event.traceparent,
  });
  return {
    status: 202,
    body: { status: "accepted", event_id: event.event_id, message_id: messageId },
  };
}

async function publishOrRefuse(publish: () => Promise<string>): Promise<string> {
  try {
    return await publish();
  } catch (error) {
    if (!(error instanceof PublishUnconfirmed)) throw error;
    log("ERROR", "publish.unconfirmed", { error });
    throw unavailable(
      "Pub/Sub did not confirm the event in time. Send the event again with the same event_id: it then counts once.",
      error,
    );
  }
}

function refusal({ kind, faults }: Extract<Validation, { ok: false }>): Problem {
  if (kind === "no_type") {
    return new Problem({
      status: 400,
      slug: "no-event-type",
      detail: "The body names no event_type.",
      faults,
    });
  }
  if (kind === "unknown_type") {
    return new Problem({
      status: 422,
      slug: "unknown-event-type",
      detail: "The catalogue holds no event of this type.",
      faults,
    });
  }
  return new Problem({
    status: 422,
    slug: "invalid-event",
    detail: "The event does not match the schema of its type.",
    faults,
  });
}
