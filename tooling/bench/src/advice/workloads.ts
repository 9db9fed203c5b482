/** A database to advise on: what makes it, and the statements that are executed there. */
export interface AdviceWorkload {
  readonly name: string;
  readonly ddl: string;
  readonly statements: readonly string[];
}

/** Tables and questions like those of TPC-H, with the keys as the only indexes. */
const tpch: AdviceWorkload = {
  name: "like TPC-H",
  ddl: `
    CREATE TABLE public.customer (c_custkey INT PRIMARY KEY, c_name TEXT, c_nationkey INT, c_mktsegment TEXT, c_acctbal NUMERIC);
    CREATE TABLE public.orders (o_orderkey INT PRIMARY KEY, o_custkey INT, o_orderstatus TEXT, o_totalprice NUMERIC, o_orderdate DATE, o_clerk TEXT);
    CREATE TABLE public.lineitem (l_orderkey INT, l_linenumber INT, l_partkey INT, l_suppkey INT, l_quantity INT, l_extendedprice NUMERIC,
      l_discount NUMERIC, l_returnflag TEXT, l_shipdate DATE, l_receiptdate DATE, l_shipmode TEXT, PRIMARY KEY (l_orderkey, l_linenumber));
    CREATE TABLE public.part (p_partkey INT PRIMARY KEY, p_brand TEXT, p_type TEXT, p_size INT, p_container TEXT);
    CREATE TABLE public.partsupp (ps_partkey INT, ps_suppkey INT, ps_availqty INT, ps_supplycost NUMERIC, PRIMARY KEY (ps_partkey, ps_suppkey));
    CREATE TABLE public.supplier (s_suppkey INT PRIMARY KEY, s_nationkey INT, s_acctbal NUMERIC);
    INSERT INTO customer SELECT i, 'Customer#' || i, i % 25, 'segment' || i % 5, i % 9999 FROM generate_series(1, 15000) AS i;
    INSERT INTO orders SELECT i, (i * 7919) % 15000, (ARRAY['F', 'O', 'P'])[1 + i % 3], (i * 31) % 400000, DATE '1992-01-01' + (i * 13) % 2400, 'Clerk#' || i % 1000
      FROM generate_series(1, 150000) AS i;
    INSERT INTO lineitem SELECT i / 4, i % 4, (i * 7) % 20000, (i * 11) % 1000, i % 50, (i * 17) % 90000, (i % 11) / 100.0,
      (ARRAY['A', 'N', 'R'])[1 + i % 3], DATE '1992-01-01' + (i * 29) % 2500, DATE '1992-01-15' + (i * 29) % 2500, 'mode' || i % 7
      FROM generate_series(4, 600000) AS i;
    INSERT INTO part SELECT i, 'Brand#' || i % 25, 'type' || i % 150, i % 50, 'box' || i % 40 FROM generate_series(1, 20000) AS i;
    INSERT INTO partsupp SELECT i / 4, i % 4 * 250 + i % 250, i % 9999, i % 1000 FROM generate_series(4, 80000) AS i;
    INSERT INTO supplier SELECT i, i % 25, i % 9999 FROM generate_series(1, 1000) AS i;`,
  statements: [
    "SELECT l_returnflag, sum(l_quantity) FROM lineitem WHERE l_shipdate <= DATE '1998-09-01' GROUP BY l_returnflag",
    "SELECT s.s_suppkey FROM part AS p, supplier AS s, partsupp AS ps WHERE p.p_partkey = ps.ps_partkey AND s.s_suppkey = ps.ps_suppkey AND p.p_size = 15 AND p.p_type = 'type65' ORDER BY s.s_acctbal DESC LIMIT 100",
    "SELECT l.l_orderkey, sum(l.l_extendedprice) FROM customer AS c, orders AS o, lineitem AS l WHERE c.c_mktsegment = 'segment1' AND c.c_custkey = o.o_custkey AND l.l_orderkey = o.o_orderkey AND o.o_orderdate = DATE '1995-03-15' GROUP BY l.l_orderkey",
    "SELECT o_orderstatus, count(*) FROM orders WHERE o_orderdate >= DATE '1993-07-01' AND o_orderdate < DATE '1993-08-01' AND EXISTS (SELECT FROM lineitem AS l WHERE l.l_orderkey = o_orderkey AND l.l_receiptdate > DATE '1993-09-01') GROUP BY o_orderstatus",
    "SELECT sum(l_extendedprice * l_discount) FROM lineitem WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1994-01-08' AND l_quantity < 24",
    "SELECT l.l_shipdate, sum(l.l_extendedprice) FROM lineitem AS l WHERE l.l_suppkey = 77 GROUP BY l.l_shipdate",
    "SELECT c.c_custkey, c.c_name, sum(l.l_extendedprice) FROM customer AS c, orders AS o, lineitem AS l WHERE c.c_custkey = o.o_custkey AND l.l_orderkey = o.o_orderkey AND l.l_returnflag = 'R' AND c.c_custkey = 4711 GROUP BY c.c_custkey, c.c_name",
    "SELECT ps_partkey, sum(ps_supplycost) FROM partsupp WHERE ps_suppkey = 301 GROUP BY ps_partkey",
    "SELECT l_shipmode, count(*) FROM orders AS o, lineitem AS l WHERE o.o_orderkey = l.l_orderkey AND l.l_receiptdate = DATE '1994-05-05' AND l.l_shipmode IN ('mode1', 'mode2') GROUP BY l_shipmode",
    "SELECT o_custkey, count(*) FROM orders WHERE o_clerk = 'Clerk#500' GROUP BY o_custkey",
    "SELECT sum(l.l_extendedprice) FROM lineitem AS l, part AS p WHERE p.p_partkey = l.l_partkey AND p.p_brand = 'Brand#12' AND p.p_container = 'box12' AND l.l_quantity < 10",
    "SELECT o_orderkey, o_totalprice FROM orders WHERE o_totalprice > 399000 ORDER BY o_totalprice DESC LIMIT 100",
    "SELECT sum(l_extendedprice) FROM lineitem WHERE l_partkey = 1234 AND l_quantity < 20",
    "SELECT c_name FROM customer WHERE c_nationkey = 7 AND c_acctbal > 9900 AND NOT EXISTS (SELECT FROM orders AS o WHERE o.o_custkey = c_custkey)",
    "SELECT o.o_orderdate, count(*) FROM orders AS o WHERE o.o_custkey = 77 GROUP BY o.o_orderdate",
    "SELECT count(*) FROM lineitem WHERE l_receiptdate = DATE '1995-05-05'",
  ],
};

/** The tables of agents with the keys as their only indexes, and what is asked of them. */
const agents: AdviceWorkload = {
  name: "agents",
  ddl: `
    DO $$ DECLARE v_drop TEXT; BEGIN
      FOR v_drop IN
        SELECT format('DROP INDEX %I.%I', n.nspname, c.relname) FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE NOT i.indisunique AND NOT c.relispartition AND n.nspname IN ('agents', 'tasks', 'messages', 'knowledge')
      LOOP EXECUTE v_drop; END LOOP;
    END $$;
    INSERT INTO agents.registry (agent_id, agent_type, agent_name)
      SELECT ('00000000-0000-4000-8000-' || lpad(i::TEXT, 12, '0'))::UUID, 'type' || i % 12, 'agent ' || i FROM generate_series(1, 3000) AS i;
    INSERT INTO agents.state (agent_id, state_key, state_value, expires_at)
      SELECT ('00000000-0000-4000-8000-' || lpad((1 + i % 3000)::TEXT, 12, '0'))::UUID, 'key' || i / 3000, jsonb_build_object('step', i),
        CASE WHEN i % 100 = 0 THEN now() + i * INTERVAL '1 second' END
      FROM generate_series(1, 60000) AS i;
    INSERT INTO tasks.queue (task_type, task_name, payload, created_at)
      SELECT 'type' || i % 40, 'task ' || i % 1000, jsonb_build_object('n', i), now() - i * INTERVAL '1 second' FROM generate_series(1, 40000) AS i;
    INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, source_agent_id)
      SELECT 'type' || i % 10, 'entity' || i % 8000, 'predicate' || i % 100, to_jsonb(i), 'number',
        ('00000000-0000-4000-8000-' || lpad((1 + i % 3000)::TEXT, 12, '0'))::UUID
      FROM generate_series(1, 60000) AS i;`,
  statements: [
    "SELECT * FROM agents.registry WHERE agent_type = 'type3' AND agent_name = 'agent 39'",
    "SELECT * FROM agents.registry WHERE agent_name = 'agent 77'",
    "SELECT state_key, updated_at FROM agents.state WHERE agent_id = '00000000-0000-4000-8000-000000000077' ORDER BY updated_at DESC LIMIT 20",
    "SELECT agent_id, state_key FROM agents.state WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 100",
    "SELECT * FROM tasks.queue WHERE task_name = 'task 400' ORDER BY created_at DESC LIMIT 20",
    "SELECT task_id FROM tasks.queue WHERE task_type = 'type5' AND task_name = 'task 405'",
    "SELECT * FROM knowledge.facts WHERE entity_type = 'type7' AND entity_id = 'entity77'",
    "SELECT * FROM knowledge.facts WHERE entity_id = 'entity400' AND predicate = 'predicate0'",
    "SELECT fact_id FROM knowledge.facts WHERE source_agent_id = '00000000-0000-4000-8000-000000000400'",
    "SELECT f.fact_id, r.agent_name FROM knowledge.facts AS f JOIN agents.registry AS r ON r.agent_id = f.source_agent_id WHERE f.predicate = 'predicate9' AND f.entity_type = 'type9'",
  ],
};

/** In the order in which they are measured. */
export const adviceWorkloads: readonly AdviceWorkload[] = [tpch, agents];
