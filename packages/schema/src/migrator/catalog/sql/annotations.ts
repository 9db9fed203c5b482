import { type CatalogQuery, catalogRow, privileges, sql } from "./catalog-row.ts";

/** Comments on anything that somebody created, and on the schema "public". */
export const comments: CatalogQuery = sql.type(catalogRow)`
  SELECT 'comment' AS kind,
    'on ' || object.type || ' ' || object.identity AS name,
    coalesce(object.schema, CASE WHEN object.type = 'schema' THEN address.object_names[1] END) AS schema,
    CASE WHEN cardinality(address.object_names) >= 2
      THEN format('%I.%I', address.object_names[1], address.object_names[2]) END AS relation,
    jsonb_build_object('text', d.description) AS properties
  FROM pg_description AS d
  CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS object
  CROSS JOIN LATERAL pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) AS address
  WHERE (d.objoid >= 16384 OR (d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace))
    AND NOT EXISTS (SELECT FROM pg_depend AS m
                    WHERE m.classid = d.classoid AND m.objid = d.objoid AND m.deptype = 'e')
    AND object.identity IS NOT NULL`;

/** Security labels. */
export const securityLabels: CatalogQuery = sql.type(catalogRow)`
  SELECT 'security label' AS kind, format('of %s on %s %s', l.provider, l.objtype, l.objname) AS name,
    NULL AS schema, NULL AS relation, jsonb_build_object('label', l.label) AS properties
  FROM pg_seclabels AS l
  WHERE l.objtype NOT IN ('role', 'database', 'tablespace')`;

/** What ALTER DEFAULT PRIVILEGES left behind. */
export const defaultPrivileges: CatalogQuery = sql.type(catalogRow)`
  SELECT 'default privileges' AS kind,
    format('of %s on %s%s', pg_get_userbyid(d.defaclrole),
      CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
      ' in schema ' || quote_ident(n.nspname)) AS name,
    n.nspname::text AS schema, NULL AS relation,
    jsonb_build_object('privileges', ${privileges(["d", "defaclacl"], ["d", "defaclrole"], "r")}) AS properties
  FROM pg_default_acl AS d
  LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace`;

/** Privileges on objects of the server or of an extension, where they are not what they were at first. */
export const changedInitialPrivileges: CatalogQuery = sql.type(catalogRow)`
  WITH object AS (
    SELECT 'pg_class'::regclass AS classid, c.oid, c.relnamespace AS namespace, c.relacl AS acl, c.relowner AS owner,
      CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END AS type
    FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p')
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid, p.pronamespace, p.proacl, p.proowner, 'f'::"char" FROM pg_proc AS p
    UNION ALL
    SELECT 'pg_namespace'::regclass, n.oid, n.oid, n.nspacl, n.nspowner, 'n'::"char" FROM pg_namespace AS n
    WHERE n.nspname = 'pg_catalog'
  ), changed AS (
    SELECT o.classid, o.oid, o.acl, o.owner, o.type
    FROM object AS o
    LEFT JOIN pg_init_privs AS i ON i.classoid = o.classid AND i.objoid = o.oid AND i.objsubid = 0
    WHERE (o.namespace = 'pg_catalog'::regnamespace
        OR EXISTS (SELECT FROM pg_depend AS m WHERE m.classid = o.classid AND m.objid = o.oid AND m.deptype = 'e'))
      AND (o.acl IS NOT NULL OR i.initprivs IS NOT NULL)
      -- As sets: a right that was given and taken back may leave the list in another order.
      AND NOT (coalesce(o.acl, acldefault(o.type, o.owner)) @> coalesce(i.initprivs, acldefault(o.type, o.owner))
           AND coalesce(o.acl, acldefault(o.type, o.owner)) <@ coalesce(i.initprivs, acldefault(o.type, o.owner)))
  )
  SELECT 'changed privileges' AS kind, 'on ' || object.type || ' ' || object.identity AS name,
    NULL AS schema, NULL AS relation,
    jsonb_build_object('privileges', (
      SELECT coalesce(jsonb_agg(line.text ORDER BY line.text), '[]') FROM (
        SELECT format('%s: %s by %s', CASE item.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(item.grantee)::text END,
          item.privilege_type, pg_get_userbyid(item.grantor)) AS text
        FROM aclexplode(coalesce(c.acl, acldefault(c.type, c.owner))) AS item) AS line)) AS properties
  FROM changed AS c
  CROSS JOIN LATERAL pg_identify_object(c.classid, c.oid, 0) AS object`;
