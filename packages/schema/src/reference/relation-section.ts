import { code, row, table } from "./markdown.ts";
import type { RelationEntry } from "./sql/relations.ts";

type Column = RelationEntry["columns"][number];

/** The section of one table or view. */
export function relationSection(relation: RelationEntry): string {
  const { schema, name, kind, comment, partitioned_by, columns, constraints, indexes, triggers, rights } =
    relation;
  const partitioned = partitioned_by === null ? "" : ` Partitioned by ${code(partitioned_by)}.`;
  return [
    `### ${kind === "view" ? "View" : "Table"} \`${schema}.${name}\``,
    `${comment ?? ""}.${partitioned}`,
    kind === "view" ? viewColumns(columns) : tableColumns(columns),
    definitions("constraint", constraints),
    definitions("index", indexes),
    definitions("trigger", triggers),
    table(
      ["role", "may"],
      rights.map(({ role, privileges }) => row(code(role), privileges.join(", "))),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function tableColumns(columns: readonly Column[]): string {
  return table(
    ["column", "type", "null", "default", ""],
    columns.map((column) =>
      row(
        code(column.name),
        code(column.type),
        column.nullable ? "yes" : "no",
        defaultOf(column),
        column.comment ?? "",
      ),
    ),
  );
}

// The catalogue does not say which columns of a view may be NULL.
function viewColumns(columns: readonly Column[]): string {
  return table(
    ["column", "type", ""],
    columns.map((column) => row(code(column.name), code(column.type), column.comment ?? "")),
  );
}

function defaultOf({ default: value, generated }: Column): string {
  if (value === null) return "";
  return generated ? `always ${code(value)}` : code(value);
}

function definitions(what: string, entries: RelationEntry["indexes"]): string {
  return table(
    [what, "definition"],
    entries.map(({ name, definition }) => row(code(name), code(definition))),
  );
}
