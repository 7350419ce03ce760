import { expect, test } from "@jest/globals";
import { parkedFlags } from "./parked-flags.ts";

test.each([
  [["realease"], 'Verb unknown: expected one of list, show, release, resend, drop, got "realease".'],
  [["drop", "x"], "drop needs --reason TEXT: the audit record keeps the reason."],
  [["release"], "release needs either ids, --lane ID or --all."],
  [["release", "x", "--all"], "release needs either ids, --lane ID or --all."],
  [["release", "x", "--type", "order.placed"], "release takes filters only with --all."],
  [["--type", "order.plcaed"], "--type invalid: expected one of product.viewed"],
  [["--older-than", "soon"], '--older-than invalid: expected a time such as 30s, 10m, 2h or 3d, got "soon".'],
  [["--state", "done"], '--state invalid: expected one of parked, deferred, queued, got "done".'],
  [["--raection", "x"], "Unknown option '--raection'"],
])("refuses %j", (args, sentence) => {
  expect(() => parkedFlags(args)).toThrow(sentence);
});
