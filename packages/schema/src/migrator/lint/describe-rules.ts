import type { LintExample, LintRule } from "./lint-rule.ts";
import { allRules } from "./rules/all-rules.ts";

const introduction = `# Migration lint

<!-- Generated from the rules in packages/schema/src/migrator/lint/rules. To renew it:
     SMITH_UPDATE_DOCS=1 vitest run --project unit packages/schema/src/migrator/lint -->

\`smith migrate lint\` reads a folder of migrations and says what would go wrong on a database that has rows and
users in it. It needs no database: the files are parsed with PostgreSQL's own parser and read in order, so a rule
knows what earlier files and statements created and whether the runner will wrap the file in a transaction. A table
counts as *existing* unless the same file created it. Statements inside \`DO\` blocks and function bodies are not
looked into.

A finding of severity *error* makes the lint fail; a *warning* does not.

## Acknowledging a finding

Where a statement is right all the same, say why in a comment above it:

\`\`\`sql
-- smith:accept drop-column nobody reads the column since release 3
ALTER TABLE shop.orders DROP COLUMN note;
\`\`\`

\`-- smith:accept-file RULE reason\` covers a whole file. An acknowledgement without a reason, for a rule that does
not exist, or for a statement in which its rule finds nothing is a finding itself. What the runner refuses
(\`not-runnable\`, \`mixed-transaction\`, \`file-name\`, \`duplicate-version\`) cannot be acknowledged.
`;

/** The reference page of all rules, as Markdown. */
export function describeRules(): string {
  const table = allRules.map(
    (rule) => `| [${rule.name}](#${rule.name}) | ${rule.severity} | ${rule.title} |`,
  );
  return [
    introduction,
    "## Rules\n",
    "| rule | severity | finds |",
    "| --- | --- | --- |",
    ...table,
    "",
    ...allRules.map(describeRule),
  ].join("\n");
}

function describeRule(rule: LintRule): string {
  const files = (rule.directions ?? ["up"]).join(" and ");
  return [
    `### ${rule.name}\n`,
    `Finds: ${rule.title} (${rule.severity}, in ${files} files).\n`,
    `${rule.why}\n`,
    `**Instead:** ${rule.instead}\n`,
    "Fires:\n",
    ...rule.fires.slice(0, 1).map(describeExample),
    "Passes:\n",
    ...rule.passes.slice(0, 1).map(describeExample),
    `See: ${rule.links.map((link) => `<${link}>`).join(", ")}\n`,
  ].join("\n");
}

function describeExample({ up, down, files }: LintExample): string {
  const named = files ?? { ...(up === undefined ? {} : { up }), ...(down === undefined ? {} : { down }) };
  const parts = Object.entries(named);
  const sql = parts.map(([file, text]) =>
    parts.length > 1 || files !== undefined ? `-- ${file}\n${text}` : text,
  );
  return `\`\`\`sql\n${sql.join("\n\n").trim()}\n\`\`\`\n`;
}
