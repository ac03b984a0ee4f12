-- What is still to be done for an order is now the business of its saga, `fulfilment` (ADR 0020). Open orders get one:
-- those that were placed go on from the beginning, those that were cancelled on the way back from the first step.
-- Processes of before must have ended: they would not begin sagas for what they take.
insert into outgrow_sagas (saga, id, version, phase, step, attempts, lost, round, parked, reason_code, reason, revision,
                           live, next_at, since, began_at)
select 'fulfilment', id, 1, case when status = 'placed' then 'forward' else 'back' end, 0, 0, 0, 0, 0,
       case when status = 'placed' then null else 'cancelled' end,
       case when status = 'placed' then null else 'the order was cancelled' end, 1, 1, cast(unixepoch('subsec') * 1000000 as integer), cast(unixepoch('subsec') * 1000000 as integer), placed_at
from orders where open = 1;

drop index orders_open_idx;
alter table orders drop column open;
alter table orders drop column to_give_back;
