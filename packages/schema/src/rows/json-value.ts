import { z } from "zod";

/** Any JSON value, as drivers parse JSONB. A JSON `null` comes as `null`, just as an SQL NULL does. */
export const jsonValue = z.json();
/** Any JSON value. */
export type JsonValue = z.output<typeof jsonValue>;
