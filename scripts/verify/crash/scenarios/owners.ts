import type { Owned } from "../../../../shared/events/ownership.ts";
import { collection, documentRef } from "../../../../shared/google/firestore.ts";
import type { Scenario } from "../stage/scenario.ts";
import { signUp } from "./calls.ts";
import { unlessLost } from "./expected.ts";

const reportedSignUp: Pick<Scenario, "functionName" | "call"> = {
  functionName: "registrar",
  call: async cell => signUp("registrar", cell),
};

/** Facts about a thing that may have another owner. The guard of owners reads the thing before the handler runs. */
export const ownerScenarios: readonly Scenario[] = [
  {
    name: "a fact about a thing without an owner so far",
    ...reportedSignUp,
    expected: unlessLost({ times: 1, ledger: ["registrar done"] }),
  },
  {
    name: "a fact about a thing of another owner",
    ...reportedSignUp,
    prepare: async ({ key }) => {
      await documentRef(collection<Owned>("users"), key).set({ owned_by: "accounts", owned_since_ms: 1 });
    },
    expected: unlessLost({ ledger: ["registrar skipped"] }),
  },
];
