/** The functions of our migrations but for those of triggers, by schema. */
const names = {
  knowledge: `
    cosine_distance disable_vectors enable_vectors is_embedding search_embeddings vectors_enabled
  `,
  messages: `
    purge_deliveries reap_expired subject_matches
  `,
  monitoring: `
    alert_level analyze_index_usage auto_capture_slow_queries available_connections capture_slow_query_plan
    check_connection_pool_alerts check_connection_pool_health check_query_performance_alerts
    filtered_columns generate_index_recommendations generic_plan implement_index_recommendation
    index_bloat missing_indexes statement_statistics suggest_missing_indexes table_bloat
  `,
  partitions: `
    add_time_partition bound_text create_task_type_partition create_time_partition days_in_default
    default_of drop_time_partitions expired_partitions free_distance is_referenced lock_tables lock_upkeep
    maintain manage manage_time_partitions may_have_partition optional_index_definitions
    optional_index_part_name optional_index_parts optional_index_plan task_type_partition
    task_type_partition_name time_bounds time_key writable_columns
  `,
  public: `
    hydrate_agent_state sha256_hex validate_agent_metadata
  `,
  sessions: `
    hash_token reap_expired
  `,
  sync: `
    disable_events drop_published enable_events encode_key encode_text give_lease if_small
    published_partitions setting subject_token switch_events take_lease
  `,
  tasks: `
    add_dependencies attempt_of cancel catch_up circle_among claim claimable complete depended_on enqueue
    expire_leases expire_leases_of expire_tasks fail forget_order_keys give_way heartbeat hold_blockers
    holds_back in_circle next_in_line note_dependencies pause prune redrive redrive_at_once refuse_circle
    release repair_ready resume resume_at_once retry_delay_ms sees_the_past settle stand_in_line sweep_ready
    take_turn take_unique_keys type_of unblock wait_for
  `,
};

/**
 * The full names of our functions, which leave nothing behind in their session. A test holds them against a migrated
 * database. A function of a user's own in one of our schemas is none of them, unless it has the name of one and takes
 * other arguments.
 */
export const ownFunctions: ReadonlySet<string> = new Set(
  Object.entries(names).flatMap(([schema, list]) =>
    list
      .trim()
      .split(/\s+/)
      .map((name) => `${schema}.${name}`),
  ),
);
