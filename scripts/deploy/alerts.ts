/** What is watched: where the number comes from, when somebody is told, and what they are to do. */
export interface Watched {
  id: string;
  title: string;
  /** A number that is counted in the log, or one of Google's own. */
  source: LogCount | GoogleMetric;
  /** Told when the number stays above this for so long; "absent": when there is none. */
  above: number | "absent";
  forSeconds: number;
  /** Of all numbers in this time. */
  everySeconds: number;
  meaning: string;
}

interface LogCount {
  /** In Cloud Logging's language, over what functions write. */
  log: string;
}

interface GoogleMetric {
  metric: string;
  resource: "pubsub_subscription" | "cloud_run_revision";
  aligner: "ALIGN_DELTA" | "ALIGN_MAX" | "ALIGN_RATE";
  /** What it is divided by: a share, not a number. */
  shareOf?: string;
}

const FINISHED = 'jsonPayload.message=("reaction.finished" OR "timer.finished" OR "effect.finished")';
const SWEPT = 'jsonPayload.message="schedule.finished" AND jsonPayload.schedule="sweep"';
const DRIVEN = ["relayed", "released", "drained", "effects", "rearmed", "failed"];

/** Each of these is in the guide for whoever is called. */
export const watched: readonly Watched[] = [
  {
    id: "parked",
    title: "Something waits for a person",
    source: { log: `${FINISHED} AND jsonPayload.outcome="parked"` },
    above: 0,
    forSeconds: 0,
    everySeconds: 300,
    meaning:
      "An event, a timer or an effect was given up after all its tries, or cannot ever be handled. Nobody else waits for it, only its own subject. `npm run parked` shows it and why; release it when the reason is gone, or drop it.",
  },
  {
    id: "unknown-effects",
    title: "Nobody knows whether a mail was sent",
    source: { log: 'jsonPayload.message="effect.finished" AND jsonPayload.outcome="unknown"' },
    above: 0,
    forSeconds: 0,
    everySeconds: 300,
    meaning:
      "Whoever sent it died, or the mail server broke off, in the middle. A transactional mail goes once more by itself. `npm run parked -- --effects --state unknown` lists what stays; resend or drop it.",
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
      "For a quarter of an hour each sweep found something left lying. A few after a deploy or a crash are its daily work. Look whether Cloud Tasks and Pub/Sub take what is sent to them (release.postponed, relay.postponed, publish.unconfirmed in the log), and at quotas.",
  },
  {
    id: "no-sweep",
    title: "Nothing sweeps",
    source: { log: SWEPT },
    above: "absent",
    forSeconds: 900,
    everySeconds: 300,
    meaning:
      "The sweep has not finished for a quarter of an hour: nothing drives on what a crash leaves lying. Look at the job sweep in Cloud Scheduler and at the function's own errors.",
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
      "A hundred deliveries did not even come to an end: the function does not start, is refused, or runs out of time or memory. Its errors say which. Deploy what works; what was dead-lettered is deferred by itself and comes again.",
  },
  {
    id: "oldest-unacked",
    title: "Events wait to be handled",
    source: {
      metric: "pubsub.googleapis.com/subscription/oldest_unacked_message_age",
      resource: "pubsub_subscription",
      aligner: "ALIGN_MAX",
    },
    above: 600,
    forSeconds: 300,
    everySeconds: 60,
    meaning:
      "The oldest message of a subscription has waited for ten minutes. Is its function failing (Pub/Sub then slows down by itself), at its most instances, or is Firestore in trouble? An old subscription that nobody needs any more also looks like this: `npm run deploy -- --check` names it.",
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
      "Of all calls of one function more than 5 % ended with a 5xx for five minutes. After a deploy: roll back. Otherwise look at publish.unconfirmed, command.unavailable and http.request_failed in its log.",
  },
];
