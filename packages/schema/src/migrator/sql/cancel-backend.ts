import { z } from "zod";
import { sql } from "./slonik.ts";

/** Ends the statement that another session runs; the session itself stays. */
export const cancelBackend = (pid: number) => sql.type(z.object({ cancelled: z.boolean() }))`
  SELECT pg_cancel_backend(${pid}) AS cancelled
`;
