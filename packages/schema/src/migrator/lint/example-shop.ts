/** The first migration of every example: the tables that are "existing" when the example's own file runs. */
export const exampleShop = `CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('ok', 'sad');
CREATE TABLE shop.customers (id bigint PRIMARY KEY, mood shop.mood);
CREATE TABLE shop.orders (
  id bigint PRIMARY KEY,
  customer_id bigint,
  note varchar(50),
  amount integer,
  price numeric(10, 2),
  placed_at timestamptz
);
CREATE INDEX orders_placed ON shop.orders (placed_at);
CREATE TABLE shop.events (id bigint, at timestamptz) PARTITION BY RANGE (at);
CREATE TABLE shop.events_1 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION shop.total(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1';
`;
