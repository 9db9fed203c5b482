import { catalogRow } from "../../catalog/sql/catalog-row.ts";
import { sql } from "../../sql/slonik.ts";

/**
 * What the cluster holds of the roles and databases named: attributes, settings, comments, owners, memberships.
 * Of those alone, since others work in the same cluster.
 */
export const selectCluster = (roles: readonly string[], databases: readonly string[]) => {
  const inRoles = sql.fragment`= ANY (${sql.array([...roles], "text")})`;
  const inDatabases = sql.fragment`= ANY (${sql.array([...databases], "text")})`;
  return sql.type(catalogRow)`
    SELECT 'role' AS kind, r.rolname::text AS name, NULL AS schema, NULL AS relation,
      to_jsonb(r) - 'oid' - 'rolpassword' - 'rolconfig' || jsonb_build_object(
        'comment', shobj_description(r.oid, 'pg_authid'),
        'settings', (SELECT jsonb_object_agg(coalesce(d.datname::text, 'every database'), to_jsonb(s.setconfig))
                     FROM pg_db_role_setting AS s LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
                     WHERE s.setrole = r.oid)
      ) AS properties
    FROM pg_roles AS r WHERE r.rolname::text ${inRoles}
    UNION ALL
    SELECT 'role membership', format('of %s in %s', m.rolname, g.rolname), NULL, NULL,
      jsonb_build_object('admin', bool_or(a.admin_option))
    FROM pg_auth_members AS a
    JOIN pg_roles AS m ON m.oid = a.member
    JOIN pg_roles AS g ON g.oid = a.roleid
    WHERE m.rolname::text ${inRoles} OR g.rolname::text ${inRoles}
    GROUP BY 2
    UNION ALL
    SELECT 'database', d.datname::text, NULL, NULL, jsonb_build_object(
      'owner', pg_get_userbyid(d.datdba),
      'connection limit', d.datconnlimit,
      'allows connections', d.datallowconn,
      'privileges', to_jsonb(d.datacl::text),
      'comment', shobj_description(d.oid, 'pg_database'),
      'settings', (SELECT jsonb_object_agg(coalesce(r.rolname::text, 'every role'), to_jsonb(s.setconfig))
                   FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole
                   WHERE s.setdatabase = d.oid))
    FROM pg_database AS d WHERE d.datname::text ${inDatabases}
  `;
};
