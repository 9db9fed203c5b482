import { messagesDeliveriesRow } from "@mister-smith/schema";
import type { z } from "zod";
import { entity } from "../statement/entity.ts";

/** `messages.deliveries`. */
export const delivery = entity(messagesDeliveriesRow);
/** How far a message is with one of its recipients. Without `agentId` it waits in a queue, or one has taken it. */
export type Delivery = z.output<typeof delivery.row>;
