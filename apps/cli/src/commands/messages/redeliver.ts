import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idsInput } from "../../input/id-input.ts";
import { count } from "../../output/count.ts";

export default defineCommand({
  description: `Has dead letters delivered again, with all their attempts, to those who gave them up. Each gets a new delivery id,
so that no receipt from before settles it. Those that have expired are not handed out, whatever is done here.`,
  arguments: [
    {
      name: "delivery-id",
      description: "the deliveries, as `smith messages dead` shows them",
      variadic: true,
    },
  ],
  examples: [
    { run: "smith messages redeliver 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11", does: "deliver one again" },
    {
      run: "smith messages redeliver $(smith messages dead --queue jobs --json | jq -r '.deliveries[].deliveryId')",
      does: "deliver those of a queue again",
    },
  ],
  exitCodes: {
    failed: "",
    "not-found": "one of them is no dead letter, or none any more; the others are delivered",
    unreachable: "",
  },
  related: ["messages dead", "messages show"],
  input: z.strictObject({ deliveryId: idsInput }),
  async run(context, { deliveryId: ids }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const redelivered = await withDatabase(context, "deliver again", ({ messages }) =>
      messages.redeliver(ids, { signal: context.signal }),
    );
    const others = ids.length - redelivered;
    if (others > 0)
      context.note(
        `${others} of ${count(ids.length, "id")} ${others === 1 ? "is" : "are"} of no dead letter`,
      );
    return {
      data: { asked: ids.length, redelivered },
      text: `${count(redelivered, "delivery", "deliveries")} on the way again`,
      exit: others > 0 ? "not-found" : "ok",
    };
  },
});
