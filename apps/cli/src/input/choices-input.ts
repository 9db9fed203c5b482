import { z } from "zod";

/** One or several words out of a list, apart by commas; the refusal names the list. */
export function choicesInput<const Word extends string>(words: readonly Word[]) {
  const isOne = (text: string): text is Word => words.some((word) => word === text);
  return z.string().transform((text, context): Word[] => {
    const given = text.split(",").map((word) => word.trim());
    const chosen = given.filter(isOne);
    if (chosen.length === given.length) return [...new Set(chosen)];
    context.issues.push({
      code: "custom",
      message: `expected one or several of ${words.join(", ")}, apart by commas`,
      input: text,
    });
    return [];
  });
}

/** One word out of a list; the refusal names the list. */
export function choiceInput<const Word extends string>(words: readonly Word[]) {
  return z.enum(words, { error: `expected one of ${words.join(", ")}` });
}
