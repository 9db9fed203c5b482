import { z } from "zod";

const allowed = "a subject such as tasks.started.>";

/** A subject as a stream or a consumer filters by it: tokens apart by dots, `*` for one, `>` at the end for the rest. */
export const subjectPattern = z.string(allowed).regex(/^(?:(?:\*|[^\s.*>]+)\.)*(?:\*|>|[^\s.*>]+)$/, allowed);
