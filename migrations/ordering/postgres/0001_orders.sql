-- Orders, from placing to their end. `version` counts the changes: whoever commits must have read the last one.
-- `open` is set while something is still to be done for the order; the index makes finding those cheap for ever.
create table orders (
    id            uuid        not null,
    customer      text        not null,
    payment_token text        not null,
    currency      text        not null,
    total         bigint      not null,
    hold          uuid        not null,
    to_give_back  boolean     not null,
    status        text        not null,
    reason_code   text,
    reason        text,
    placed_at     timestamptz not null,
    open          boolean     not null,
    version       bigint      not null,
    constraint orders_pkey primary key (id),
    constraint orders_status_check check (status in ('placed', 'confirmed', 'rejected', 'cancelled')),
    constraint orders_reason_check check ((status = 'rejected') = (reason_code is not null)),
    constraint orders_total_check check (total >= 0)
);

comment on table orders is 'Orders, from placing to their end.';
create index orders_customer_idx on orders (customer, id);
create index orders_open_idx on orders (id) where open;

-- The lines of an order, at the prices of the moment it was placed. They never change.
create table order_lines (
    order_id   uuid   not null,
    position   bigint not null,
    sku        text   not null,
    quantity   bigint not null,
    unit_price bigint not null,
    constraint order_lines_pkey primary key (order_id, position),
    constraint order_lines_order_fkey foreign key (order_id) references orders (id),
    constraint order_lines_quantity_check check (quantity > 0)
);

comment on table order_lines is 'The lines of an order, at the prices of the moment it was placed.';
