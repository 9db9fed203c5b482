import { z } from "zod";

const serverError = z.object({
  detail: z.string().optional(),
  hint: z.string().optional(),
  where: z.string().optional(),
  position: z.coerce.number().optional(),
});

/** What PostgreSQL tells of an error beside its message; all absent when the error is not PostgreSQL's. */
export function readServerError(error: unknown): z.infer<typeof serverError> {
  return serverError.safeParse(error).data ?? {};
}
