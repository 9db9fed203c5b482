import { createSqlTag } from "@slonik/sql-tag";
import { ClientError } from "../errors/client-error.ts";
import type { SqlTag, SqlValue } from "./sql-tag.ts";
import { valueFault } from "./value-fault.ts";

// Its own types need a package that is not installed with it, and take anything for a schema without.
const tag = createSqlTag() as unknown as SqlTag;

/**
 * Builds statements: Slonik's tagged templates. Values become parameters, never text of the statement.
 *
 * `sql.type(schema)` makes a statement whose rows are parsed by the zod schema, `sql.fragment` a part of one.
 * See https://github.com/gajus/slonik#readme for the others.
 *
 * @throws ClientError `INVALID_INPUT` for a value that cannot be a parameter, such as `undefined`, or JSON with a NUL
 *   character
 */
export const sql: SqlTag = {
  ...tag,
  fragment: refusing(tag.fragment),
  unsafe: refusing(tag.unsafe),
  type: (parser) => refusing(tag.type(parser)),
  prepared: (name, parser) => refusing(tag.prepared(name, parser)),
};

function refusing<Made>(
  make: (template: TemplateStringsArray, ...values: SqlValue[]) => Made,
): (template: TemplateStringsArray, ...values: SqlValue[]) => Made {
  return (template, ...values) => {
    try {
      return make(template, ...values);
    } catch (error) {
      const fault = values.map(valueFault).find((found) => found !== undefined);
      const reason = error instanceof Error ? error.message : String(error);
      throw new ClientError("INVALID_INPUT", `the statement cannot be made: ${fault?.message ?? reason}`, {
        cause: error,
        ...(fault === undefined ? {} : { hint: fault.hint, details: { value: fault.place } }),
      });
    }
  };
}
