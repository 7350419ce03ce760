/** One alert: the source of its number, its threshold, and the step that the operator takes. */
export interface Watched {
  id: string;
  title: string;
  /** A count of log lines, or a metric of Google's. */
  source: LogCount | GoogleMetric;
  /** The threshold. "absent": the alert fires when there is no number. */
  above: number | "absent";
  /** The time for which the number stays above the threshold before the alert fires. */
  forSeconds: number;
  /** The time over which Cloud Monitoring sums up one number. */
  everySeconds: number;
  /** The text of the alert: its causes, and the step to take. */
  meaning: string;
}

interface LogCount {
  /** A filter in Cloud Logging's query language over the functions' log. */
  log: string;
}

interface GoogleMetric {
  metric: string;
  resource: "pubsub_subscription" | "cloud_run_revision";
  aligner: "ALIGN_DELTA" | "ALIGN_MAX" | "ALIGN_RATE";
  /** The metric that the number is divided by. Absent: the number is not a share. */
  shareOf?: string;
}

const FINISHED = 'jsonPayload.message=("reaction.finished" OR "timer.finished" OR "effect.finished")';
const SWEPT = 'jsonPayload.message="schedule.finished" AND jsonPayload.schedule="sweep"';
const DRIVEN = ["relayed", "released", "drained", "effects", "rearmed", "failed"];

/** The alerts. `scripts/operate/README.md` tells the operator how to react to each. */
export const watched: readonly Watched[] = [
  {
    id: "parked",
    title: "An entry is parked",
    source: { log: `${FINISHED} AND jsonPayload.outcome="parked"` },
    above: 0,
    forSeconds: 0,
    everySeconds: 300,
    meaning:
      "An event, a timer or an effect failed in all its attempts, or no retry can cure its error. Only its own subject waits behind it. `npm run parked` shows it and the reason. Release it when the cause is gone, or drop it.",
  },
  {
    id: "unknown-effects",
    title: "The result of a mail is unknown",
    source: { log: 'jsonPayload.message="effect.finished" AND jsonPayload.outcome="unknown"' },
    above: 0,
    forSeconds: 0,
    everySeconds: 300,
    meaning:
      "The sender crashed, or the mail server broke the connection, during the handover. A transactional mail is sent once more automatically. `npm run parked -- --effects --state unknown` lists the rest: resend or drop each.",
  },
  {
    id: "overdue",
    title: "Follow-ups are overdue",
    source: {
      log: `${SWEPT} AND (${DRIVEN.map(field => `jsonPayload.${field}>0`).join(" OR ")})`,
    },
    above: 0,
    forSeconds: 900,
    everySeconds: 300,
    meaning:
      "Every sweep of the last 15 minutes found overdue follow-ups. A few after a deployment or a crash are normal. Check whether Cloud Tasks and Pub/Sub accept requests (release.postponed, relay.postponed, publish.unconfirmed in the log), and check the quotas.",
  },
  {
    id: "no-sweep",
    title: "The sweep does not run",
    source: { log: SWEPT },
    above: "absent",
    forSeconds: 900,
    everySeconds: 300,
    meaning:
      "No sweep has finished for 15 minutes, so overdue follow-ups are not resumed after a crash. Check the job sweep in Cloud Scheduler and the function's errors.",
  },
  {
    id: "dead-letters",
    title: "Messages went to the dead letters",
    source: {
      metric: "pubsub.googleapis.com/subscription/dead_letter_message_count",
      resource: "pubsub_subscription",
      aligner: "ALIGN_DELTA",
    },
    above: 0,
    forSeconds: 0,
    everySeconds: 300,
    meaning:
      "A hundred deliveries failed before the function answered. The function does not start, is refused, or runs out of time or memory. The function's errors show the cause. Deploy a working version: dead-lettered messages are deferred and retried automatically.",
  },
  {
    id: "oldest-unacked",
    title: "Events wait too long",
    source: {
      metric: "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
      resource: "pubsub_subscription",
      aligner: "ALIGN_MAX",
    },
    above: 600,
    forSeconds: 300,
    everySeconds: 60,
    meaning:
      "The oldest message of a subscription has waited for ten minutes. The function fails (Pub/Sub then backs off), has reached its limit of instances, or Firestore is in trouble. An unneeded old subscription also causes this alert: `npm run deploy -- --check` names such subscriptions.",
  },
  {
    id: "error-rate",
    title: "More than one call in twenty fails",
    source: {
      metric: 'run.googleapis.com/request_count" AND metric.labels.response_code_class="5xx',
      resource: "cloud_run_revision",
      aligner: "ALIGN_RATE",
      shareOf: "run.googleapis.com/request_count",
    },
    above: 0.05,
    forSeconds: 300,
    everySeconds: 60,
    meaning:
      "More than 5 % of the calls of one function ended with a 5xx for five minutes. After a deployment, roll back. Otherwise check publish.unconfirmed, command.unavailable and http.request_failed in the function's log.",
  },
];
