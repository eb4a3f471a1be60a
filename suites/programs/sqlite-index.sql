-- Inserts, an index, groups, deletes. No draw: row n follows from n.
create table orders(id integer primary key, customer text, place text,
                    amount integer, note text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 36000)
insert into orders
  select i, 'customer ' || (i * 7919 % 5003), 'place ' || (i * 104729 % 211),
         i * 31 % 1000, substr('the quick brown fox jumps over the lazy dog',
                               1 + i % 20, 5 + i % 30)
  from n;
create index by_customer on orders(customer, amount);
select count(*), sum(amount) from orders;
select customer, count(*), sum(amount) from orders
  group by customer order by 3 desc, 1 limit 5;
select place, group_concat(distinct note) from orders
  where amount < 20 group by place order by place limit 2;
delete from orders where id % 3 = 0;
update orders set note = note || customer where id % 5 = 0;
select count(*), sum(length(note)) from orders;
select count(*) from orders a join orders b on a.customer = b.customer
  where a.id < 3000;
