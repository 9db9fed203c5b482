import { z } from "zod";
import { sql } from "../../sql/slonik.ts";

const settings = z.object({ path: z.string(), jit: z.string() });

/** What of the session's settings is changed for reading, and whether the session has the query prepared. */
export const currentSettings = sql.type(settings.extend({ prepared: z.boolean() }))`
  SELECT current_setting('search_path') AS path, current_setting('jit') AS jit,
    EXISTS (SELECT FROM pg_prepared_statements AS s WHERE s.name = 'smith_catalog') AS prepared
`;

/** Sets them. */
export const changeSettings = ({ path, jit }: z.output<typeof settings>) => sql.type(z.object({}))`
  SELECT set_config('search_path', ${path}, FALSE), set_config('jit', ${jit}, FALSE)
`;
