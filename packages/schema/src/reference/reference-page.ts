import { functionSection } from "./function-section.ts";
import { code, row, table } from "./markdown.ts";
import type { Reference } from "./read-reference.ts";
import { relationSection } from "./relation-section.ts";
import type { TypeEntry } from "./sql/types.ts";

/** The reference page in Markdown: the same for the same reference, without dates. */
export function referencePage(reference: Reference): string {
  const { schemas, types, relations, functions } = reference;
  const names = ["public", ...schemas.map(({ name }) => name)];
  const sections = names.flatMap((name) => {
    const schema = schemas.find((other) => other.name === name);
    const parts = [
      ...relations.filter((relation) => relation.schema === name).map(relationSection),
      ...functions.filter((entry) => entry.schema === name).map(functionSection),
    ];
    if (schema === undefined && parts.length === 0) return [];
    const used =
      schema === undefined || schema.rights.length === 0
        ? ""
        : `Used by ${schema.rights.map(code).join(", ")}.`;
    const intro = `${schema?.comment ?? "What has no other schema"}. ${used}`.trim();
    return [`## Schema \`${name}\``, intro, ...(parts.length === 0 ? ["Empty so far."] : parts)];
  });
  return `${[...head, ...typeSections(types), ...sections].join("\n\n")}\n`;
}

const head = [
  "# Schema reference",
  "Generated from the database's catalogue and the comments in it; do not edit. Partitions are not listed: they are what their table is.",
];

function typeSections(types: readonly TypeEntry[]): string[] {
  const domains = types.filter(({ base }) => base !== null);
  const enums = types.filter(({ base }) => base === null);
  return [
    "## Types",
    table(
      ["enum", "labels, as they sort", ""],
      enums.map(({ name, labels, comment }) => row(code(name), labels.map(code).join(", "), comment ?? "")),
    ),
    table(
      ["domain", "type", ""],
      domains.map(({ name, base, comment }) => row(code(name), code(base ?? ""), comment ?? "")),
    ),
  ];
}
