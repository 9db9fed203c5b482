import { z } from "zod";

const allowed = "expected an id as the lists show it, such as 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11";
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id of the database, as it was pasted; in the letters that the database writes. */
export const idInput = z
  .string()
  .trim()
  .regex(uuid, allowed)
  .transform((id) => id.toLowerCase());

const ids = z
  .array(z.string().trim())
  .max(10_000, "at most 10000 ids at once")
  .superRefine((given, context) => {
    const wrong = given.filter((id) => !uuid.test(id));
    if (wrong.length === 0) return;
    // Whoever shows the refusal names all that was given.
    const which = wrong.length === given.length ? "" : `${wrong.join(", ")}: `;
    context.addIssue({ code: "custom", message: `${which}${allowed}` });
  })
  .transform((given) => [...new Set(given.map((id) => id.toLowerCase()))]);

/** One or several ids, each once. The refusal names those that are none. */
export const idsInput = ids.refine((given) => given.length > 0, "at least one id is needed");

/** The same where none need be given: undefined then. */
export const optionalIdsInput = ids.transform((given) => (given.length === 0 ? undefined : given)).optional();
