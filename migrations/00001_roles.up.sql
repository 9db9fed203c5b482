-- The five roles that the pools of an application sign in with.
--
-- Roles belong to the whole cluster: another database may have created them, or may be creating them at
-- this moment. A role that exists is left exactly as it is, its connection limit included.
DO $roles$
DECLARE
  v_role RECORD;
BEGIN
  FOR v_role IN
    SELECT r.name, r.connections, r.purpose
    FROM (VALUES
      ('app_primary', 20, 'Mister Smith: writes and consistent reads on the primary'),
      ('app_replica', 15, 'Mister Smith: reads on replicas'),
      ('app_background', 5, 'Mister Smith: maintenance and background jobs'),
      ('app_analytics', 10, 'Mister Smith: reports'),
      ('app_readonly', -1, 'Mister Smith: people who look and do not touch')
    ) AS r (name, connections, purpose)
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles AS p WHERE p.rolname = v_role.name);
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT %s', v_role.name, v_role.connections);
      EXECUTE format('COMMENT ON ROLE %I IS %L', v_role.name, v_role.purpose);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN
        -- The migration of another database of this cluster was quicker: the role is there.
        NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % does not exist and % may not create it', v_role.name, current_user
          USING
            ERRCODE = 'insufficient_privilege',
            HINT = 'Let a role with CREATEROLE run, and migrate again afterwards: '
              || 'CREATE ROLE app_primary LOGIN CONNECTION LIMIT 20; '
              || 'CREATE ROLE app_replica LOGIN CONNECTION LIMIT 15; '
              || 'CREATE ROLE app_background LOGIN CONNECTION LIMIT 5; '
              || 'CREATE ROLE app_analytics LOGIN CONNECTION LIMIT 10; '
              || 'CREATE ROLE app_readonly LOGIN;';
    END;
  END LOOP;
END
$roles$;

-- Our domains, enums and three functions live in schema public. PUBLIC usually may use it; where an operator
-- has taken that back, the application still works.
GRANT USAGE ON SCHEMA public TO app_primary, app_replica, app_background, app_analytics, app_readonly;
