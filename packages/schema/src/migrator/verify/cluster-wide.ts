import type { Node, RoleSpec } from "libpg-query";
import type { MigrationFile, MigrationScript } from "../files/migration-file.ts";
import { parseStatements } from "../statements/parse-statements.ts";

/** A statement of a file that reaches beyond the database it runs in. */
export interface ClusterWideStatement {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Its first words, "ALTER ROLE". */
  readonly words: string;
  /** The roles and databases that it names. */
  readonly roles: readonly string[];
  readonly databases: readonly string[];
}

type Subject = Pick<ClusterWideStatement, "words" | "roles" | "databases">;

/**
 * The statements of a migration that change roles, other databases, tablespaces or the server. What DO blocks and
 * functions do when they run is not looked into. A file that cannot be parsed has none: to run it says why.
 */
export async function clusterWideStatements({
  up,
  down,
}: MigrationFile): Promise<readonly ClusterWideStatement[]> {
  const found = await Promise.all([up, ...(down === undefined ? [] : [down])].map(inScript));
  return found.flat();
}

async function inScript({ sql, file }: MigrationScript): Promise<readonly ClusterWideStatement[]> {
  const statements = await parseStatements(sql, file).catch(() => []);
  return statements.flatMap(({ node, line }) => {
    const subject = subjectOf(node);
    return subject === undefined ? [] : [{ file, line, ...subject }];
  });
}

function subjectOf(node: Node): Subject | undefined {
  return roleStatement(node) ?? databaseStatement(node) ?? sharedObject(node) ?? serverStatement(node);
}

function roleStatement(node: Node): Subject | undefined {
  if ("CreateRoleStmt" in node) return subject("CREATE ROLE", [node.CreateRoleStmt.role]);
  if ("AlterRoleStmt" in node) return subject("ALTER ROLE", [nameOf(node.AlterRoleStmt.role)]);
  if ("AlterRoleSetStmt" in node) {
    const { role, database } = node.AlterRoleSetStmt;
    return subject("ALTER ROLE", [nameOf(role)], [database]);
  }
  if ("DropRoleStmt" in node) return subject("DROP ROLE", namesOf(node.DropRoleStmt.roles));
  if ("GrantRoleStmt" in node) {
    const { granted_roles, grantee_roles, is_grant } = node.GrantRoleStmt;
    const granted = (granted_roles ?? []).map((role) =>
      "AccessPriv" in role ? role.AccessPriv.priv_name : undefined,
    );
    return subject(`${is_grant === true ? "GRANT" : "REVOKE"} of a role`, [
      ...granted,
      ...namesOf(grantee_roles),
    ]);
  }
  return undefined;
}

function databaseStatement(node: Node): Subject | undefined {
  if ("CreatedbStmt" in node) return subject("CREATE DATABASE", [], [node.CreatedbStmt.dbname]);
  if ("DropdbStmt" in node) return subject("DROP DATABASE", [], [node.DropdbStmt.dbname]);
  if ("AlterDatabaseStmt" in node) return subject("ALTER DATABASE", [], [node.AlterDatabaseStmt.dbname]);
  if ("AlterDatabaseSetStmt" in node)
    return subject("ALTER DATABASE", [], [node.AlterDatabaseSetStmt.dbname]);
  if ("AlterDatabaseRefreshCollStmt" in node)
    return subject("ALTER DATABASE", [], [node.AlterDatabaseRefreshCollStmt.dbname]);
  return undefined;
}

const sharedKinds = new Map<string | undefined, string>([
  ["OBJECT_DATABASE", "DATABASE"],
  ["OBJECT_ROLE", "ROLE"],
  ["OBJECT_TABLESPACE", "TABLESPACE"],
  ["OBJECT_PARAMETER_ACL", "PARAMETER"],
]);

/** Statements that are for objects of any kind, when this one is the cluster's. */
function sharedObject(node: Node): Subject | undefined {
  if ("CommentStmt" in node)
    return shared("COMMENT ON", node.CommentStmt.objtype, [stringOf(node.CommentStmt.object)]);
  if ("SecLabelStmt" in node)
    return shared("SECURITY LABEL ON", node.SecLabelStmt.objtype, [stringOf(node.SecLabelStmt.object)]);
  if ("AlterOwnerStmt" in node)
    return shared("ALTER", node.AlterOwnerStmt.objectType, [stringOf(node.AlterOwnerStmt.object)]);
  if ("RenameStmt" in node)
    return shared("ALTER", node.RenameStmt.renameType, [node.RenameStmt.subname, node.RenameStmt.newname]);
  if ("GrantStmt" in node) {
    const { is_grant, objtype, objects } = node.GrantStmt;
    return shared(is_grant === true ? "GRANT ON" : "REVOKE ON", objtype, (objects ?? []).map(stringOf));
  }
  return undefined;
}

function shared(
  verb: string,
  kind: string | undefined,
  names: readonly (string | undefined)[],
): Subject | undefined {
  const noun = sharedKinds.get(kind);
  if (noun === undefined) return undefined;
  return subject(`${verb} ${noun}`, noun === "ROLE" ? names : [], noun === "DATABASE" ? names : []);
}

function serverStatement(node: Node): Subject | undefined {
  if ("AlterSystemStmt" in node) return subject("ALTER SYSTEM", []);
  if ("CreateTableSpaceStmt" in node) return subject("CREATE TABLESPACE", []);
  if ("DropTableSpaceStmt" in node) return subject("DROP TABLESPACE", []);
  if ("AlterTableSpaceOptionsStmt" in node) return subject("ALTER TABLESPACE", []);
  return undefined;
}

function subject(
  words: string,
  roles: readonly (string | undefined)[],
  databases: readonly (string | undefined)[] = [],
): Subject {
  const named = (names: readonly (string | undefined)[]) =>
    names.filter((name) => name !== undefined && name !== "");
  return { words, roles: named(roles).map(String), databases: named(databases).map(String) };
}

function stringOf(node: Node | undefined): string | undefined {
  return node !== undefined && "String" in node ? node.String.sval : undefined;
}

function nameOf(role: RoleSpec | undefined): string | undefined {
  return role?.rolename;
}

function namesOf(roles: readonly Node[] | undefined): readonly (string | undefined)[] {
  return (roles ?? []).map((role) => ("RoleSpec" in role ? nameOf(role.RoleSpec) : undefined));
}
