import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Takes back what \`smith vacuum apply\` did: the storage parameters of the table are again what they were. Of several
changes of a table the latest goes first.`,
  arguments: [{ name: "change", description: "its id, as `smith vacuum watch` shows it" }],
  examples: [
    { run: "smith vacuum revert 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "take one change back" },
  ],
  exitCodes: {
    failed: "the lock was held for too long, or the role is not the owner",
    "not-found": "no such change stands, or a later one of its table does",
    unreachable: "",
  },
  related: ["vacuum watch", "vacuum apply"],
  input: z.strictObject({ change: idInput }),
  async run(context, { change: id }) {
    const [{ withDatabase }, { revertStorage }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const change = await withDatabase(context, "take the change back", (database) =>
      revertStorage(database, id),
    );
    if (change === null) {
      const { NotFound } = await import("../../not-found.ts");
      throw new NotFound(
        "a change that stands as the latest of its table with the id",
        id,
        "`smith vacuum watch` lists them.",
      );
    }
    return {
      data: plainJson({ change }),
      text: `${change.schema_name}.${change.table_name} is set as it was before`,
    };
  },
});
