import type { QuerySqlToken } from "@slonik/sql-tag";
import type { z } from "zod";

/** A statement with its parameters and the schema of its rows, as `sql.type(schema)` makes it. */
export type Statement<Row extends z.ZodType = z.ZodType> = QuerySqlToken<Row>;
