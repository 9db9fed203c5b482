import { textInput } from "../text/text-input.ts";

// The subjects of NATS: tokens between dots.

/** What a message is about: tokens between dots, without wildcards and spaces. */
export const subject = textInput(255).regex(
  /^[^\s.*>]+(\.[^\s.*>]+)*$/u,
  "not a subject: tokens between dots, without spaces, * and >",
);

/** Which subjects are wanted: as a subject, with `*` for one token and `>` at the end for one or more. */
export const subjectPattern = textInput(255).regex(
  /^(>|(\*|[^\s.*>]+)(\.(\*|[^\s.*>]+))*(\.>)?)$/u,
  "not a pattern: tokens between dots, * for one token, > at the end for one or more",
);
