create table items (
    sku      text   not null,
    on_hand  bigint not null,
    reserved bigint not null,
    version  bigint not null,
    constraint items_pkey primary key (sku),
    constraint items_on_hand_check check (on_hand between 0 and 4294967295),
    constraint items_reserved_check check (reserved between 0 and on_hand),
    constraint items_version_check check (version >= 1)
);

comment on table items is
    'The stock of each SKU that was ever received. What is on hand and not reserved is available.';
comment on column items.on_hand is 'on the shelf, reserved or not';
comment on column items.reserved is 'the sum of what the reservations that are held hold of it';
comment on column items.version is 'counts the changes: whoever commits one must have read the last';

create table reservations (
    id      uuid   not null,
    state   text   not null,
    version bigint not null,
    constraint reservations_pkey primary key (id),
    constraint reservations_state_check check (state in ('held', 'shipped', 'released')),
    constraint reservations_version_check check (version >= 1)
);

comment on table reservations is 'Holds upon stock, for ever: one that has ended must not be made again.';
comment on column reservations.version is 'counts the changes: whoever commits one must have read the last';

create table reservation_lines (
    reservation uuid   not null,
    sku         text   not null,
    quantity    bigint not null,
    constraint reservation_lines_pkey primary key (reservation, sku),
    constraint reservation_lines_reservation_fkey foreign key (reservation) references reservations (id),
    constraint reservation_lines_sku_fkey foreign key (sku) references items (sku),
    constraint reservation_lines_quantity_check check (quantity >= 1)
);

comment on table reservation_lines is
    'What a reservation holds or held. They never change. One released before it was made has none.';
