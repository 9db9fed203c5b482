import { messagesSubscriptionsRow } from "@mister-smith/schema";
import type { z } from "zod";
import { entity } from "../statement/entity.ts";

/** Which messages of a topic an agent gets. */
export const subscription = entity(messagesSubscriptionsRow);
/** Which messages of a topic an agent gets. */
export type Subscription = z.output<typeof subscription.row>;
