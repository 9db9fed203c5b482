import { ownFunctions } from "./own-functions.ts";

/**
 * What a call does to the session: nothing and reads only, nothing but may write, sets it, sets what no reset takes
 * away, or nobody knows.
 */
export type KnownFunction = "reads" | "writes" | "session" | "lasting" | "unknown";

/** What matters of the arguments of some functions. */
export interface KnownArguments {
  /** The last one is a plain TRUE. */
  isTransactionLocal(): boolean;
  /** The third one may be true. */
  isTemporary(): boolean;
}

/**
 * Says what a call does, from the function's name.
 *
 * @param name the parts of the name as written
 */
export function knownFunction(name: readonly string[], given: KnownArguments): KnownFunction {
  const [first = "", second] = name;
  const last = name.at(-1) ?? "";
  if (lastingSetters.has(last) || (slotMakers.has(last) && given.isTemporary())) return "lasting";
  if (second !== undefined && first !== "pg_catalog")
    return name.length === 2 && ownFunctions.has(`${first}.${second}`) ? "writes" : "unknown";
  const own = second ?? first;
  if (own === "set_config") return given.isTransactionLocal() ? "writes" : "session";
  if (readers.has(own)) return "reads";
  if (writers.has(own)) return "writes";
  return sessionSetters.has(own) ? "session" : "unknown";
}

const sessionSetters: ReadonlySet<string> = new Set(
  words(`
    pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared setseed
  `),
);

/** They leave what a reset does not reach, in whatever schema their extension is. */
const lastingSetters: ReadonlySet<string> = new Set(
  words("pg_replication_origin_session_setup dblink_connect dblink_connect_u pg_backup_start"),
);

/** They make replication slots; a temporary one lasts as long as its session. */
const slotMakers: ReadonlySet<string> = new Set(
  words(`
    pg_create_physical_replication_slot pg_create_logical_replication_slot
    pg_copy_physical_replication_slot pg_copy_logical_replication_slot
  `),
);

const writers: ReadonlySet<string> = new Set(
  words(`
    pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared
    pg_notify pg_cancel_backend pg_terminate_backend pg_reload_conf pg_switch_wal pg_create_restore_point
    pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all pg_promote pg_logical_emit_message
  `),
);

/** Built-in functions, and types that are used like them. */
const readers: ReadonlySet<string> = new Set(
  words(`
    bigint bit boolean bool bytea bpchar char character date dec decimal float float4 float8 inet int int2
    int4 int8 integer interval json jsonb nchar numeric oid precision real regclass smallint text time timestamp
    timestamptz timetz uuid varchar vector halfvec xid8

    abs acos age area array_agg array_append array_cat array_dims array_fill array_length array_lower array_ndims
    array_position array_positions array_prepend array_remove array_replace array_sample array_shuffle array_to_json
    array_to_string array_upper ascii asin atan atan2 avg bit_and bit_count bit_length bit_or bit_xor bool_and
    bool_or btrim cardinality cbrt ceil ceiling char_length character_length chr clock_timestamp col_description
    concat concat_ws convert convert_from convert_to corr cos cot count covar_pop covar_samp cume_dist
    current_database current_query current_schema current_schemas current_setting current_time current_timestamp
    current_user date_bin date_part date_trunc decode degrees dense_rank div encode enum_first enum_last enum_range
    every exp factorial first_value floor format format_type gcd gen_random_uuid generate_series generate_subscripts
    get_bit get_byte greatest host hashtext hashtextextended initcap isfinite json_agg json_array
    json_array_elements json_array_elements_text json_array_length json_arrayagg json_build_array json_build_object
    json_each json_each_text json_exists json_extract_path json_extract_path_text json_object json_object_agg
    json_object_keys json_objectagg json_populate_record json_populate_recordset json_query json_scalar
    json_serialize json_strip_nulls json_table json_to_record json_to_recordset json_typeof json_value jsonb_agg
    jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
    jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
    jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
    jsonb_path_query_first jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax
    jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof justify_days justify_hours justify_interval lag
    last_value lcm lead least left length ln localtime localtimestamp log log10 lower lower_inc lower_inf lpad ltrim
    make_date make_interval make_time make_timestamp make_timestamptz max md5 min min_scale mod mode num_nonnulls
    num_nulls normalize now nth_value ntile nullif numrange int4range int8range daterange tsrange tstzrange
    obj_description octet_length overlay parse_ident percent_rank percentile_cont percentile_disc
    pg_backend_pid pg_blocking_pids pg_client_encoding pg_column_size pg_conf_load_time pg_current_snapshot
    pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_current_xact_id
    pg_current_xact_id_if_assigned pg_database_size pg_encoding_to_char pg_get_constraintdef pg_get_expr
    pg_get_functiondef pg_get_indexdef pg_get_partkeydef pg_get_userbyid pg_get_viewdef pg_has_role pg_indexes_size
    pg_is_in_recovery pg_is_wal_replay_paused pg_last_wal_receive_lsn pg_last_wal_replay_lsn
    pg_last_xact_replay_timestamp pg_lsn pg_partition_ancestors pg_partition_root pg_partition_tree
    pg_postmaster_start_time pg_relation_filenode pg_relation_size pg_size_pretty pg_sleep pg_sleep_for
    pg_sleep_until pg_snapshot_xmax pg_snapshot_xmin pg_table_is_visible pg_table_size pg_tablespace_size
    pg_total_relation_size pg_typeof pg_visible_in_snapshot pg_wal_lsn_diff pg_xact_status phraseto_tsquery pi
    plainto_tsquery position power quote_ident quote_literal quote_nullable radians random range_merge rank
    regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
    regexp_split_to_table regexp_substr regr_count regr_slope repeat replace reverse round row_number row_to_json
    rpad rtrim scale session_user set_bit set_byte setweight sha224 sha256 sha384 sha512 shobj_description sign sin
    split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp strip strpos string_agg
    string_to_array string_to_table strictly_left substr substring sum tan tanh to_char to_date to_hex to_json
    to_jsonb to_number to_regclass to_regnamespace to_regproc to_regprocedure to_regrole to_regtype to_timestamp
    to_tsquery to_tsvector transaction_timestamp translate trim trim_array trim_scale trunc ts_debug ts_delete
    ts_filter ts_headline ts_lexize ts_rank ts_rank_cd tsvector_to_array tstzmultirange txid_current txid_status
    unistr unnest upper upper_inc upper_inf uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version var_pop
    var_samp variance websearch_to_tsquery width_bucket has_table_privilege has_schema_privilege
    has_database_privilege has_function_privilege has_column_privilege inet_client_addr inet_server_addr
    inet_server_port crc32 crc32c gamma merge_action
    l2_distance cosine_distance inner_product l1_distance vector_dims vector_norm l2_normalize
  `),
);

function words(list: string): readonly string[] {
  return list.trim().split(/\s+/);
}
