import { SmithError } from "@mister-smith/errors";
import type { Plan, Row } from "../plan/plan.ts";
import { storableJson } from "../storable-text.ts";
import { stateRows } from "./parts-of-plan.ts";

/**
 * Refuses state that JetStream could not take, before anything is written.
 *
 * @param maxValueBytes how large a value may be, in bytes of its JSON text
 * @throws SmithError `STATE_TOO_LARGE`
 */
export function checkStates(plans: readonly Plan[], maxValueBytes: number): void {
  for (const plan of plans)
    for (const row of stateRows(plan)) {
      const bytes = Buffer.byteLength(JSON.stringify(storableJson(row["state_value"] ?? null)));
      if (bytes > maxValueBytes) throw tooLarge(plan, row, bytes, maxValueBytes);
    }
}

function tooLarge({ key, file }: Plan, row: Row, bytes: number, maxBytes: number): SmithError {
  const stateKey = JSON.stringify(row["state_key"]);
  return new SmithError(
    "STATE_TOO_LARGE",
    `the state ${stateKey} of run ${key} (${file}) has ${bytes} bytes, more than the ${maxBytes} that go through JetStream`,
    {
      hint: "Nothing was written. Give --state sql to write the state in the runs' transactions.",
      details: { run: key, stateKey: String(row["state_key"]), bytes, maxBytes },
    },
  );
}
