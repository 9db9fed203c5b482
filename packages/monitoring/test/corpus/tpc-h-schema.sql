-- The tables of the TPC-H benchmark, with its keys and the indexes that such a database would have.
CREATE SCHEMA tpch;
CREATE TABLE tpch.region (r_regionkey INTEGER PRIMARY KEY, r_name CHAR(25) NOT NULL, r_comment VARCHAR(152));
CREATE TABLE tpch.nation (
  n_nationkey INTEGER PRIMARY KEY, n_name CHAR(25) NOT NULL, n_regionkey INTEGER NOT NULL REFERENCES tpch.region, n_comment VARCHAR(152)
);
CREATE TABLE tpch.part (
  p_partkey INTEGER PRIMARY KEY, p_name VARCHAR(55) NOT NULL, p_mfgr CHAR(25) NOT NULL, p_brand CHAR(10) NOT NULL,
  p_type VARCHAR(25) NOT NULL, p_size INTEGER NOT NULL, p_container CHAR(10) NOT NULL, p_retailprice NUMERIC(15, 2) NOT NULL,
  p_comment VARCHAR(23) NOT NULL
);
CREATE TABLE tpch.supplier (
  s_suppkey INTEGER PRIMARY KEY, s_name CHAR(25) NOT NULL, s_address VARCHAR(40) NOT NULL,
  s_nationkey INTEGER NOT NULL REFERENCES tpch.nation, s_phone CHAR(15) NOT NULL, s_acctbal NUMERIC(15, 2) NOT NULL,
  s_comment VARCHAR(101) NOT NULL
);
CREATE TABLE tpch.partsupp (
  ps_partkey INTEGER NOT NULL REFERENCES tpch.part, ps_suppkey INTEGER NOT NULL REFERENCES tpch.supplier,
  ps_availqty INTEGER NOT NULL, ps_supplycost NUMERIC(15, 2) NOT NULL, ps_comment VARCHAR(199) NOT NULL,
  PRIMARY KEY (ps_partkey, ps_suppkey)
);
CREATE TABLE tpch.customer (
  c_custkey INTEGER PRIMARY KEY, c_name VARCHAR(25) NOT NULL, c_address VARCHAR(40) NOT NULL,
  c_nationkey INTEGER NOT NULL REFERENCES tpch.nation, c_phone CHAR(15) NOT NULL, c_acctbal NUMERIC(15, 2) NOT NULL,
  c_mktsegment CHAR(10) NOT NULL, c_comment VARCHAR(117) NOT NULL
);
CREATE TABLE tpch.orders (
  o_orderkey INTEGER PRIMARY KEY, o_custkey INTEGER NOT NULL REFERENCES tpch.customer, o_orderstatus CHAR(1) NOT NULL,
  o_totalprice NUMERIC(15, 2) NOT NULL, o_orderdate DATE NOT NULL, o_orderpriority CHAR(15) NOT NULL, o_clerk CHAR(15) NOT NULL,
  o_shippriority INTEGER NOT NULL, o_comment VARCHAR(79) NOT NULL
);
CREATE TABLE tpch.lineitem (
  l_orderkey INTEGER NOT NULL REFERENCES tpch.orders, l_partkey INTEGER NOT NULL, l_suppkey INTEGER NOT NULL,
  l_linenumber INTEGER NOT NULL, l_quantity NUMERIC(15, 2) NOT NULL, l_extendedprice NUMERIC(15, 2) NOT NULL,
  l_discount NUMERIC(15, 2) NOT NULL, l_tax NUMERIC(15, 2) NOT NULL, l_returnflag CHAR(1) NOT NULL, l_linestatus CHAR(1) NOT NULL,
  l_shipdate DATE NOT NULL, l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL, l_shipinstruct CHAR(25) NOT NULL,
  l_shipmode CHAR(10) NOT NULL, l_comment VARCHAR(44) NOT NULL,
  PRIMARY KEY (l_orderkey, l_linenumber), FOREIGN KEY (l_partkey, l_suppkey) REFERENCES tpch.partsupp
);
CREATE INDEX lineitem_shipdate ON tpch.lineitem (l_shipdate);
CREATE INDEX lineitem_part ON tpch.lineitem (l_partkey, l_suppkey);
CREATE INDEX orders_customer ON tpch.orders (o_custkey);
CREATE INDEX orders_date ON tpch.orders (o_orderdate);
CREATE INDEX customer_nation ON tpch.customer (c_nationkey);
INSERT INTO tpch.region SELECT n, 'REGION ' || n FROM generate_series(0, 4) AS n;
INSERT INTO tpch.nation SELECT n, 'NATION ' || n, n % 5 FROM generate_series(0, 24) AS n;
INSERT INTO tpch.part
SELECT n, 'part ' || n, 'MFGR#' || n % 5, 'Brand#' || n % 25, 'PROMO BRASS', n % 50, 'MED BOX', 900 + n, ''
FROM generate_series(1, 200) AS n;
INSERT INTO tpch.supplier SELECT n, 'Supplier ' || n, '', n % 25, '10-' || n, n * 10, '' FROM generate_series(1, 20) AS n;
INSERT INTO tpch.partsupp SELECT n, 1 + n % 20, n, n, '' FROM generate_series(1, 200) AS n;
INSERT INTO tpch.customer SELECT n, 'Customer ' || n, '', n % 25, '13-' || n, n, 'BUILDING', '' FROM generate_series(1, 150) AS n;
INSERT INTO tpch.orders
SELECT n, 1 + n % 150, 'O', n, DATE '1995-01-01' + n % 700, '1-URGENT', 'Clerk', 0, '' FROM generate_series(1, 500) AS n;
INSERT INTO tpch.lineitem
SELECT 1 + n / 4, 1 + n % 200, 1 + (1 + n % 200) % 20, n % 4, n % 50, n, 0.05, 0.02, 'R', 'F', DATE '1995-01-01' + n % 700,
  DATE '1995-01-01' + n % 690, DATE '1995-01-01' + n % 710, 'NONE', 'MAIL', ''
FROM generate_series(4, 1600) AS n;
ANALYZE;
