-- Orders, from placing to their end. `version` counts the changes: whoever commits must have read the last one.
-- `open` is set while something is still to be done for the order; the index makes finding those cheap for ever.
create table orders (
    id            blob    not null,
    customer      text    not null,
    payment_token text    not null,
    currency      text    not null,
    total         integer not null,
    hold          blob    not null,
    to_give_back  integer not null,
    status        text    not null,
    reason_code   text,
    reason        text,
    placed_at     integer not null,
    open          integer not null,
    version       integer not null,
    constraint orders_pkey primary key (id),
    constraint orders_status_check check (status in ('placed', 'confirmed', 'rejected', 'cancelled')),
    constraint orders_reason_check check ((status = 'rejected') = (reason_code is not null)),
    constraint orders_total_check check (total >= 0)
) strict, without rowid;

create index orders_customer_idx on orders (customer, id);
create index orders_open_idx on orders (id) where open;

-- The lines of an order, at the prices of the moment it was placed. They never change.
create table order_lines (
    order_id   blob    not null,
    position   integer not null,
    sku        text    not null,
    quantity   integer not null,
    unit_price integer not null,
    constraint order_lines_pkey primary key (order_id, position),
    constraint order_lines_order_fkey foreign key (order_id) references orders (id),
    constraint order_lines_quantity_check check (quantity > 0)
) strict, without rowid;
