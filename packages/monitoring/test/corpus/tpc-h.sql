select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
  sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
  avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as count_order
from tpch.lineitem where l_shipdate <= date '1998-12-01' - interval '90' day
group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus
;
select s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
from tpch.part, tpch.supplier, tpch.partsupp, tpch.nation, tpch.region
where p_partkey = ps_partkey and s_suppkey = ps_suppkey and p_size = 15 and p_type like '%BRASS' and s_nationkey = n_nationkey
  and n_regionkey = r_regionkey and r_name = 'EUROPE' and ps_supplycost = (
    select min(ps_supplycost) from tpch.partsupp, tpch.supplier, tpch.nation, tpch.region
    where p_partkey = ps_partkey and s_suppkey = ps_suppkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE')
order by s_acctbal desc, n_name, s_name, p_partkey limit 100
;
select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
from tpch.customer, tpch.orders, tpch.lineitem
where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate < date '1995-03-15'
  and l_shipdate > date '1995-03-15'
group by l_orderkey, o_orderdate, o_shippriority order by revenue desc, o_orderdate limit 10
;
select o_orderpriority, count(*) as order_count from tpch.orders
where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3' month
  and exists (select * from tpch.lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate)
group by o_orderpriority order by o_orderpriority
;
select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue
from tpch.customer, tpch.orders, tpch.lineitem, tpch.supplier, tpch.nation, tpch.region
where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey
  and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA' and o_orderdate >= date '1994-01-01'
  and o_orderdate < date '1994-01-01' + interval '1' year
group by n_name order by revenue desc
;
select sum(l_extendedprice * l_discount) as revenue from tpch.lineitem
where l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '1' year
  and l_discount between 0.06 - 0.01 and 0.06 + 0.01 and l_quantity < 24
;
select supp_nation, cust_nation, l_year, sum(volume) as revenue from (
  select n1.n_name as supp_nation, n2.n_name as cust_nation, extract(year from l_shipdate) as l_year,
    l_extendedprice * (1 - l_discount) as volume
  from tpch.supplier, tpch.lineitem, tpch.orders, tpch.customer, tpch.nation n1, tpch.nation n2
  where s_suppkey = l_suppkey and o_orderkey = l_orderkey and c_custkey = o_custkey and s_nationkey = n1.n_nationkey
    and c_nationkey = n2.n_nationkey and ((n1.n_name = 'FRANCE' and n2.n_name = 'GERMANY') or (n1.n_name = 'GERMANY' and n2.n_name = 'FRANCE'))
    and l_shipdate between date '1995-01-01' and date '1996-12-31') as shipping
group by supp_nation, cust_nation, l_year order by supp_nation, cust_nation, l_year
;
select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share from (
  select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation
  from tpch.part, tpch.supplier, tpch.lineitem, tpch.orders, tpch.customer, tpch.nation n1, tpch.nation n2, tpch.region
  where p_partkey = l_partkey and s_suppkey = l_suppkey and l_orderkey = o_orderkey and o_custkey = c_custkey
    and c_nationkey = n1.n_nationkey and n1.n_regionkey = r_regionkey and r_name = 'AMERICA' and s_nationkey = n2.n_nationkey
    and o_orderdate between date '1995-01-01' and date '1996-12-31' and p_type = 'ECONOMY ANODIZED STEEL') as all_nations
group by o_year order by o_year
;
select nation, o_year, sum(amount) as sum_profit from (
  select n_name as nation, extract(year from o_orderdate) as o_year,
    l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity as amount
  from tpch.part, tpch.supplier, tpch.lineitem, tpch.partsupp, tpch.orders, tpch.nation
  where s_suppkey = l_suppkey and ps_suppkey = l_suppkey and ps_partkey = l_partkey and p_partkey = l_partkey
    and o_orderkey = l_orderkey and s_nationkey = n_nationkey and p_name like '%green%') as profit
group by nation, o_year order by nation, o_year desc
;
select c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) as revenue, c_acctbal, n_name, c_address, c_phone, c_comment
from tpch.customer, tpch.orders, tpch.lineitem, tpch.nation
where c_custkey = o_custkey and l_orderkey = o_orderkey and o_orderdate >= date '1993-10-01'
  and o_orderdate < date '1993-10-01' + interval '3' month and l_returnflag = 'R' and c_nationkey = n_nationkey
group by c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment order by revenue desc limit 20
;
select ps_partkey, sum(ps_supplycost * ps_availqty) as value from tpch.partsupp, tpch.supplier, tpch.nation
where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'
group by ps_partkey having sum(ps_supplycost * ps_availqty) > (
  select sum(ps_supplycost * ps_availqty) * 0.0001 from tpch.partsupp, tpch.supplier, tpch.nation
  where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY')
order by value desc
;
select l_shipmode,
  sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as high_line_count,
  sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as low_line_count
from tpch.orders, tpch.lineitem
where o_orderkey = l_orderkey and l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate
  and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1994-01-01' + interval '1' year
group by l_shipmode order by l_shipmode
;
select c_count, count(*) as custdist from (
  select c_custkey, count(o_orderkey)
  from tpch.customer left outer join tpch.orders on c_custkey = o_custkey and o_comment not like '%special%requests%'
  group by c_custkey) as c_orders (c_custkey, c_count)
group by c_count order by custdist desc, c_count desc
;
select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end)
  / sum(l_extendedprice * (1 - l_discount)) as promo_revenue
from tpch.lineitem, tpch.part
where l_partkey = p_partkey and l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-09-01' + interval '1' month
;
with revenue (supplier_no, total_revenue) as (
  select l_suppkey, sum(l_extendedprice * (1 - l_discount)) from tpch.lineitem
  where l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-01-01' + interval '3' month group by l_suppkey)
select s_suppkey, s_name, s_address, s_phone, total_revenue from tpch.supplier, revenue
where s_suppkey = supplier_no and total_revenue = (select max(total_revenue) from revenue) order by s_suppkey
;
select p_brand, p_type, p_size, count(distinct ps_suppkey) as supplier_cnt from tpch.partsupp, tpch.part
where p_partkey = ps_partkey and p_brand <> 'Brand#45' and p_type not like 'MEDIUM POLISHED%'
  and p_size in (49, 14, 23, 45, 19, 3, 36, 9)
  and ps_suppkey not in (select s_suppkey from tpch.supplier where s_comment like '%Customer%Complaints%')
group by p_brand, p_type, p_size order by supplier_cnt desc, p_brand, p_type, p_size
;
select sum(l_extendedprice) / 7.0 as avg_yearly from tpch.lineitem, tpch.part
where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container = 'MED BOX'
  and l_quantity < (select 0.2 * avg(l_quantity) from tpch.lineitem where l_partkey = p_partkey)
;
select c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity)
from tpch.customer, tpch.orders, tpch.lineitem
where o_orderkey in (select l_orderkey from tpch.lineitem group by l_orderkey having sum(l_quantity) > 300)
  and c_custkey = o_custkey and o_orderkey = l_orderkey
group by c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice order by o_totalprice desc, o_orderdate limit 100
;
select sum(l_extendedprice * (1 - l_discount)) as revenue from tpch.lineitem, tpch.part
where (p_partkey = l_partkey and p_brand = 'Brand#12' and p_container in ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG')
    and l_quantity >= 1 and l_quantity <= 1 + 10 and p_size between 1 and 5 and l_shipmode in ('AIR', 'AIR REG'))
  or (p_partkey = l_partkey and p_brand = 'Brand#23' and p_container in ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK')
    and l_quantity >= 10 and l_quantity <= 10 + 10 and p_size between 1 and 10 and l_shipinstruct = 'DELIVER IN PERSON')
;
select s_name, s_address from tpch.supplier, tpch.nation
where s_suppkey in (
    select ps_suppkey from tpch.partsupp
    where ps_partkey in (select p_partkey from tpch.part where p_name like 'forest%')
      and ps_availqty > (
        select 0.5 * sum(l_quantity) from tpch.lineitem
        where l_partkey = ps_partkey and l_suppkey = ps_suppkey and l_shipdate >= date '1994-01-01'
          and l_shipdate < date '1994-01-01' + interval '1' year))
  and s_nationkey = n_nationkey and n_name = 'CANADA' order by s_name
;
select s_name, count(*) as numwait from tpch.supplier, tpch.lineitem l1, tpch.orders, tpch.nation
where s_suppkey = l1.l_suppkey and o_orderkey = l1.l_orderkey and o_orderstatus = 'F' and l1.l_receiptdate > l1.l_commitdate
  and exists (select * from tpch.lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.l_suppkey <> l1.l_suppkey)
  and not exists (
    select * from tpch.lineitem l3
    where l3.l_orderkey = l1.l_orderkey and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate)
  and s_nationkey = n_nationkey and n_name = 'SAUDI ARABIA'
group by s_name order by numwait desc, s_name limit 100
;
select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal from (
  select substring(c_phone from 1 for 2) as cntrycode, c_acctbal from tpch.customer
  where substring(c_phone from 1 for 2) in ('13', '31', '23', '29', '30', '18', '17')
    and c_acctbal > (
      select avg(c_acctbal) from tpch.customer
      where c_acctbal > 0.00 and substring(c_phone from 1 for 2) in ('13', '31', '23', '29', '30', '18', '17'))
    and not exists (select * from tpch.orders where o_custkey = c_custkey)) as custsale
group by cntrycode order by cntrycode
;
insert into tpch.orders values (600001, 1, 'O', 173665.47, date '1996-01-02', '5-LOW', 'Clerk#000000951', 0, 'nstructions sleep')
;
insert into tpch.orders (o_orderkey, o_custkey, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority, o_clerk, o_shippriority, o_comment)
select 700000 + o_orderkey, o_custkey, 'P', o_totalprice * 1.1, o_orderdate + 7, o_orderpriority, o_clerk, 1, 'copy' from tpch.orders
where o_orderdate between date '1995-02-01' and date '1995-02-03'
;
delete from tpch.lineitem where l_orderkey between 1 and 8
;
delete from tpch.lineitem using tpch.part where p_partkey = l_partkey and p_size = 1 and l_shipdate < date '1995-02-01'
;
update tpch.partsupp set ps_availqty = ps_availqty + 100, ps_supplycost = ps_supplycost * 1.05 where ps_partkey in (1, 2, 3)
;
update tpch.customer set c_acctbal = c_acctbal - o.total from (
  select o_custkey, sum(o_totalprice) as total from tpch.orders where o_orderdate > current_date - 30 group by o_custkey) as o
where o.o_custkey = c_custkey
;
select date_trunc('month', o_orderdate) as month, count(*), sum(o_totalprice) from tpch.orders
where o_orderdate >= date '1995-01-01' group by date_trunc('month', o_orderdate) order by date_trunc('month', o_orderdate)
;
select extract(year from o_orderdate), extract(month from o_orderdate), avg(o_totalprice) from tpch.orders
group by extract(year from o_orderdate), extract(month from o_orderdate) order by 1, 2
;
select to_char(l_shipdate, 'YYYY-MM') as month, l_shipmode, sum(l_quantity) from tpch.lineitem
group by to_char(l_shipdate, 'YYYY-MM'), l_shipmode having sum(l_quantity) > 100 order by to_char(l_shipdate, 'YYYY-MM') desc
;
select width_bucket(o_totalprice, 0, 1000, 10) as bucket, count(*) from tpch.orders
group by width_bucket(o_totalprice, 0, 1000, 10) order by bucket
;
select l_shipmode, l_returnflag, sum(l_extendedprice), grouping(l_shipmode, l_returnflag) from tpch.lineitem
where l_shipdate > date '1995-06-17' group by cube (l_shipmode, l_returnflag)
;
select c_nationkey, c_custkey, c_acctbal, rank() over (partition by c_nationkey order by c_acctbal desc),
  lag(c_acctbal, 1, 0) over (partition by c_nationkey order by c_custkey) from tpch.customer where c_mktsegment = 'BUILDING'
;
select * from (
  select o_custkey, o_orderkey, row_number() over (partition by o_custkey order by o_orderdate desc) as nth from tpch.orders) as latest
where nth <= 3
;
select o_orderdate, sum(o_totalprice) over (order by o_orderdate range between interval '7' day preceding and current row)
from tpch.orders where o_custkey = 7
;
select distinct on (o_custkey % 10) o_custkey, o_orderdate from tpch.orders order by o_custkey % 10, o_orderdate desc
;
select distinct upper(left(c_name, 3)) from tpch.customer order by upper(left(c_name, 3))
;
select p_brand, percentile_cont(0.5) within group (order by p_retailprice), string_agg(p_name, ', ' order by p_partkey)
from tpch.part where p_size > 10 group by p_brand
;
select s_name, l.total from tpch.supplier cross join lateral (
  select sum(l_extendedprice) as total from tpch.lineitem where l_suppkey = s_suppkey and l_quantity > 10) as l
where l.total > 1000
;
with recursive days (day) as (
  select date '1995-01-01' union all select day + 1 from days where day < date '1995-01-31')
select day, count(o_orderkey) from days left join tpch.orders on o_orderdate = day group by day order by day
;
select d::date, count(o_orderkey) from generate_series(date '1995-01-01', date '1995-01-31', interval '1 day') as d
left join tpch.orders on o_orderdate = d group by d order by d
;
select o_orderkey, o_orderdate from tpch.orders where o_orderdate = any (array[date '1995-01-02', date '1995-01-03'])
;
select o_orderkey from tpch.orders where (o_orderdate, o_orderkey) > (date '1995-05-05', 100) order by o_orderdate, o_orderkey limit 50
;
select v.code, count(o_orderkey) from (values (1, 'one'), (2, 'two'), (3, 'three')) as v (custkey, code)
left join tpch.orders on o_custkey = v.custkey group by v.code
;
select c_custkey from tpch.customer where c_acctbal > 100 union select o_custkey from tpch.orders where o_totalprice > 400 order by 1 limit 20
;
select c_custkey, 'customer' as kind from tpch.customer where c_custkey < 5 union all select s_suppkey, 'supplier' from tpch.supplier where s_suppkey < 5
;
select c_custkey from tpch.customer except select o_custkey from tpch.orders where o_orderdate > date '1995-12-31'
;
select n_name, (select count(*) from tpch.customer where c_nationkey = n_nationkey and c_acctbal > 50) as rich from tpch.nation where n_regionkey = 1
;
select coalesce(sum(o_totalprice), 0), count(*) filter (where o_orderstatus = 'F'), max(o_orderdate) - min(o_orderdate) from tpch.orders where o_custkey = 42
;
select case when o_totalprice > 400 then 'large' when o_totalprice > 100 then 'medium' else 'small' end as size, count(*)
from tpch.orders group by case when o_totalprice > 400 then 'large' when o_totalprice > 100 then 'medium' else 'small' end
;
select 2 * 3 as six, p_retailprice * (1 - 0.2) from tpch.part where p_partkey = 10 - 3 limit 5 * 2
;
select round(avg(l_extendedprice / nullif(l_quantity, 0)), 2) from tpch.lineitem where l_shipdate >= date '1995-03-01' and l_tax <> 0.02
;
select age(timestamp '1998-01-01', o_orderdate) from tpch.orders where o_orderkey = 5
;
select count(*) from tpch.orders where o_orderdate + interval '1 month' * 2 > timestamp '1996-01-01 00:00:00'
;
select l_orderkey from tpch.lineitem where l_comment similar to '%(a|b)%' or l_comment ~* '^spec' limit 1
;
select trim(both ' ' from c_name), position('er' in c_name), overlay(c_name placing 'X' from 1 for 2), c_name like '%\_%' escape '\'
from tpch.customer where c_custkey between symmetric 20 and 10
;
merge into tpch.partsupp as t using (values (1, 2, 5), (2, 3, 7)) as v (part, supplier, quantity)
on t.ps_partkey = v.part and t.ps_suppkey = v.supplier
when matched then update set ps_availqty = t.ps_availqty + v.quantity
when not matched and v.quantity > 1000 then insert values (v.part, v.supplier, v.quantity, 10, 'new')
;
select count(*) from tpch.lineitem tablesample system (10) where l_quantity > 5
;
select coalesce(o_clerk, 'nobody'), extract(quarter from o_orderdate), count(*) from tpch.orders group by 1, 2 order by 1, 2 limit 10
;
