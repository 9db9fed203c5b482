import { z } from "zod";
import { sql } from "../../sql/slonik.ts";

const settings = z.object({ path: z.string(), jit: z.string() });

/** What of the session's settings is changed for reading. */
export const currentSettings = sql.type(settings)`
  SELECT current_setting('search_path') AS path, current_setting('jit') AS jit
`;

/** Sets them. */
export const changeSettings = ({ path, jit }: z.output<typeof settings>) => sql.type(z.object({}))`
  SELECT set_config('search_path', ${path}, FALSE), set_config('jit', ${jit}, FALSE)
`;
