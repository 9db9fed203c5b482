import { z } from "zod";

const allowed = "expected TYPE:ID, such as repository:acme/api";

/** One entity, as `type:id`; the id may have colons of its own. */
export const entityInput = z.string().transform((text, context) => {
  const at = text.indexOf(":");
  if (at > 0 && at < text.length - 1) return { entityType: text.slice(0, at), entityId: text.slice(at + 1) };
  context.issues.push({ code: "custom", message: allowed, input: text });
  return z.NEVER;
});

/** One entity, or all of a type when nothing follows: `repository`. */
export const entityFilterInput = z
  .string()
  .min(1, `${allowed}, or TYPE alone`)
  .transform((text) => {
    const at = text.indexOf(":");
    if (at < 1) return { entityType: text, entityId: undefined };
    return { entityType: text.slice(0, at), entityId: text.slice(at + 1) || undefined };
  });
