import type { JsonInput } from "@mister-smith/client";
import { z } from "zod";

const allowed = `expected a word, which a list of capabilities holds, or JSON such as '{"tools": ["bash"]}'`;

/** What an agent's capabilities contain: JSON, or a word for a list that holds it. */
export const capabilityInput = z
  .string()
  .min(1, allowed)
  .transform((text, context): JsonInput => {
    if (!/^[[{"]/.test(text)) return [text];
    try {
      const value: JsonInput = JSON.parse(text);
      return value;
    } catch {
      context.issues.push({ code: "custom", message: allowed, input: text });
      return null;
    }
  });
