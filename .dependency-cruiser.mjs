/** The ladder of the house: every import points one way. See docs/architecture.md. */
const ladder = {
  errors: [],
  embedded: ["errors"],
  schema: ["errors"],
  client: ["schema", "errors"],
  sync: ["client", "schema", "errors"],
  monitoring: ["client", "schema", "errors"],
  backup: ["sync", "client", "schema", "embedded", "errors"],
};

const ladderRules = Object.entries(ladder).map(([name, below]) => ({
  name: `ladder-${name}`,
  comment: `packages/${name} may import only ${below.length > 0 ? below.join(", ") : "no other package"}`,
  severity: "error",
  from: { path: `^packages/${name}/src`, pathNot: "\\.test\\.ts$" },
  to: { path: "^packages/", pathNot: `^packages/(${[name, ...below].join("|")})/` },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...ladderRules,
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-package-imports-an-app",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^apps/" },
    },
    {
      name: "no-package-ships-tooling",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src", pathNot: "\\.test\\.ts$" },
      to: { path: "^tooling/" },
    },
    {
      name: "only-the-entry-point-of-another-package",
      comment: "a package is used through src/index.ts alone",
      severity: "error",
      from: { path: "^(packages|apps|tooling)/([^/]+)/" },
      to: { path: "^packages/[^/]+/src/", pathNot: ["^packages/[^/]+/src/index\\.ts$", "^packages/$2/"] },
    },
    {
      name: "no-unresolvable",
      comment: "but for what smithd's page imports by the path at which smithd serves it",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^/page/" },
    },
    {
      name: "no-undeclared-dependency",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|node_modules)/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@mister-smith/source", "import", "require", "node", "default", "types"],
    },
  },
};
