import { z } from "zod";

const allowed = "expected an id as the lists show it, such as 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11";
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id of the database, as it was pasted; in the letters that the database writes. */
export const idInput = z
  .string()
  .trim()
  .regex(uuid, allowed)
  .transform((id) => id.toLowerCase());

/** Ids, each once. The refusal names those that are none. */
export const idsInput = z
  .array(z.string().trim())
  .min(1, "at least one id is needed")
  .max(10_000, "at most 10000 ids at once")
  .superRefine((ids, context) => {
    const wrong = ids.filter((id) => !uuid.test(id));
    if (wrong.length > 0) context.addIssue({ code: "custom", message: `${wrong.join(", ")}: ${allowed}` });
  })
  .transform((ids) => [...new Set(ids.map((id) => id.toLowerCase()))]);
