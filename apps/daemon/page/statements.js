import { ask } from "./api.js";
import { byId, el, fill, keyed, set } from "./dom.js";
import { count, milliseconds, percent, unknown } from "./figures.js";
import { planTree } from "./plan.js";
import { when } from "./times.js";

/** @typedef {import("../src/dashboard/documents/statements.ts").StatementsDocument} Statements */
/** @typedef {{ queryId: string, text: string, calls: number | null, totalMs: number | null, meanMs: number | null, rows: number | null, hitRatio: number | null, plan: { id: string, capturedAt: string, cost: number | null, captures: number } | null }} Row */

const columns = ["calls", "in all", "on average", "rows", "from cache"];
/** @type {Map<string, Row>} */
const rows = new Map();

/** @param {string} text */
function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}

/** @param {Row} row */
function make(row) {
  const id = `statement-${row.queryId}`;
  const button = el(
    "button.statement",
    { type: "button", "aria-expanded": "false", "aria-controls": id },
    el("code", {}, oneLine(row.text)),
  );
  const detail = el("tr.detail", { id, hidden: true }, el("td", { colspan: columns.length + 1 }));
  const body = el(
    "tbody",
    {},
    el(
      "tr",
      {},
      el("th", { scope: "row" }, button),
      ...columns.map((label) => el("td.number", { "data-label": label })),
    ),
    detail,
  );
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    set(button, { "aria-expanded": String(!isOpen) });
    detail.hidden = isOpen;
    if (!isOpen) void showDetail(detail, row.queryId);
  });
  return body;
}

/** @param {HTMLElement} body @param {Row} row */
function update(body, row) {
  rows.set(row.queryId, row);
  const values = [
    count(row.calls),
    milliseconds(row.totalMs),
    milliseconds(row.meanMs),
    count(row.rows),
    row.hitRatio === null ? unknown : percent(row.hitRatio * 100),
  ];
  for (const [at, cell] of [...body.querySelectorAll("tr:first-child > td")].entries())
    cell.textContent = values[at] ?? "";
  body.classList.toggle("has-plan", row.plan !== null);
}

/** @param {HTMLElement} detail @param {string} queryId */
async function showDetail(detail, queryId) {
  const cell = detail.firstElementChild;
  const row = rows.get(queryId);
  if (cell === null || row === undefined) return;
  const plan = el(
    "div.plan-place",
    {},
    el("p.nothing", {}, row.plan === null ? "No plan of it is kept yet." : "Asking for its plan …"),
  );
  fill(
    cell,
    el("pre", { tabindex: 0 }, el("code", {}, row.text.trim())),
    plan,
    el("p.quiet", {}, `queryid ${queryId}`),
  );
  if (row.plan === null) return;
  try {
    const { root, capturedAt } = await ask("plan", { id: row.plan.id });
    fill(
      plan,
      el(
        "p.plan-head",
        {},
        "Plan for any parameters, captured ",
        when(capturedAt),
        row.plan.captures > 1 ? `; the latest of ${row.plan.captures}` : null,
      ),
      planTree(root),
    );
  } catch (error) {
    fill(
      plan,
      el(
        "p.nothing",
        {},
        `Its plan is not known now: ${error instanceof Error ? error.message : String(error)}.`,
      ),
    );
  }
}

function tableOf(/** @type {string} */ id) {
  const found = document.getElementById(id);
  if (found !== null) return found;
  return el(
    "table.figures.statements",
    { id },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "statement"),
        ...columns.map((title) => el("th.number", { scope: "col" }, title)),
      ),
    ),
  );
}

/** @param {string} id @param {readonly Row[]} items */
function tableWith(id, items) {
  const table = tableOf(id);
  const head = table.querySelector("thead");
  head?.remove();
  keyed(table, items, (row) => row.queryId, make, update);
  if (head !== null) table.prepend(head);
  return table;
}

/** @param {Statements} statements */
export function showStatements({ statements, others }) {
  const body = byId("statements-body");
  const first =
    statements === null
      ? el(
          "p.nothing",
          {},
          "Statements are not recorded: PostgreSQL needs pg_stat_statements in shared_preload_libraries, and CREATE EXTENSION pg_stat_statements.",
        )
      : statements.length === 0
        ? el("p.nothing", {}, "No statement is recorded yet.")
        : tableWith("statements-table", statements);
  const rest = others.map((one) => ({ ...one, totalMs: null, rows: null, hitRatio: null, plan: one }));
  const wanted = [
    first,
    ...(rest.length === 0
      ? []
      : [
          byIdOr("others-title", () =>
            el("h3.panel-title", { id: "others-title" }, "Plans of other statements"),
          ),
          tableWith("others-table", rest),
        ]),
  ];
  // What is there already stays where it is: its focus would be lost.
  if (wanted.length !== body.children.length || wanted.some((one, at) => body.children[at] !== one))
    fill(body, ...wanted);
}

/** @param {string} id @param {() => HTMLElement} otherwise */
function byIdOr(id, otherwise) {
  return document.getElementById(id) ?? otherwise();
}
