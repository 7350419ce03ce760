import * as v from "valibot";
import { optional, projectId, region, serverUrl, text } from "../cli/flag-values.ts";
import type { FlagValues } from "../cli/flags.ts";
import { flag } from "../cli/flags.ts";

/** The address of `npm start`. */
export const LOCAL_URL = "http://localhost:8000";

/** The flags that name a PulseCart and the operator. Every tool has them. */
export const targetFlags = {
  url: flag(optional(serverUrl()), {
    value: "URL",
    about: `a local PulseCart; default ${LOCAL_URL}`,
  }),
  project: flag(optional(projectId()), {
    value: "P",
    about: "a PulseCart on Google Cloud, with the application default credentials of gcloud",
  }),
  region: flag(optional(region()), { value: "R", about: "the project's region; default us-central1" }),
  prefix: flag(optional(text("the prefix of a deployment")), {
    value: "dev",
    about: "the PulseCart that was deployed with this prefix, one of several in the project",
  }),
  "function-url": flag(optional(text("an address with {name}")), {
    value: "URL",
    about: "the address of the functions, with {name} for a function's name; default FUNCTION_URL",
  }),
  invoker: flag(optional(text("the email of an account")), {
    value: "EMAIL",
    about: "the account that calls functions; default INVOKER_EMAIL",
  }),
  who: flag(v.optional(v.string()), {
    value: "NAME",
    about: "the operator's name in the audit records; default your user name",
  }),
};

type TargetValues = FlagValues<typeof targetFlags>;

/** The values of the flags that name a PulseCart and the operator. */
export type TargetFlags = Partial<Omit<TargetValues, "words">>;
