-- Functions that rows of several tables call when they are written.

-- Every operator here yields NULL for a missing or NULL field, and a CHECK takes NULL for a yes. So the answer
-- is coalesced: only a real yes passes.
CREATE FUNCTION public.validate_agent_metadata(metadata JSONB) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN COALESCE(
  jsonb_typeof(metadata) = 'object'
    AND jsonb_typeof(metadata -> 'created_at') = 'string'
    AND metadata ->> 'created_at' ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}'
    AND jsonb_typeof(metadata -> 'version') <> 'null',
  FALSE
);

-- The clock, not the start of the transaction: an UPDATE that waited for a row lock is later than the one it
-- waited for. Rows that only change their partition (see schema partitions) have not been changed by anyone; but
-- anybody can make the setting that says so. So it counts only for whoever may alter the table, as the upkeep may,
-- which runs as its owner: they could switch the trigger off anyway.
CREATE FUNCTION public.set_updated_at() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  -- Two conditions, since the first alone costs next to nothing and is the last one for every ordinary UPDATE.
  IF current_setting('partitions.moving_rows', TRUE) = 'on' THEN
    IF pg_has_role(current_user, (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = TG_RELID), 'USAGE') THEN
      RETURN NEW;
    END IF;
  END IF;
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$body$;

-- convert_to() is only STABLE, since a conversion can be replaced; for a fixed target encoding the bytes are the
-- same for ever, which a generated column needs.
CREATE FUNCTION public.sha256_hex(p_text TEXT) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
  RETURN encode(sha256(convert_to(p_text, 'UTF8')), 'hex');
END
$body$;

COMMENT ON FUNCTION public.validate_agent_metadata(JSONB) IS
  'Whether an agent''s metadata is an object with a created_at that starts like an ISO 8601 date and time, and a version that is not null';
COMMENT ON FUNCTION public.set_updated_at() IS
  'Row trigger: sets updated_at to the clock at every UPDATE, except when the owner of the table only moves a row between partitions';
COMMENT ON FUNCTION public.sha256_hex(TEXT) IS
  'SHA-256 of the text''s UTF-8 bytes, as 64 lower-case hexadecimal digits';

REVOKE EXECUTE ON FUNCTION
  public.validate_agent_metadata(JSONB), public.set_updated_at(), public.sha256_hex(TEXT)
  FROM PUBLIC;
-- A CHECK and a generated column run with the rights of whoever writes the row.
GRANT EXECUTE ON FUNCTION public.validate_agent_metadata(JSONB) TO app_primary, app_background;
GRANT EXECUTE ON FUNCTION public.sha256_hex(TEXT)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
