create table items (
    -- The stock of each SKU that was ever received. What is on hand and not reserved is available.
    sku      text    not null,
    on_hand  integer not null, -- on the shelf, reserved or not
    reserved integer not null, -- the sum of what the reservations that are held hold of it
    version  integer not null, -- counts the changes: whoever commits one must have read the last
    constraint items_pkey primary key (sku),
    constraint items_on_hand_check check (on_hand between 0 and 4294967295),
    constraint items_reserved_check check (reserved between 0 and on_hand),
    constraint items_version_check check (version >= 1)
) strict, without rowid;

create table reservations (
    -- Holds upon stock, for ever: one that has ended must not be made again.
    id      blob    not null,
    state   text    not null,
    version integer not null, -- counts the changes: whoever commits one must have read the last
    constraint reservations_pkey primary key (id),
    constraint reservations_state_check check (state in ('held', 'shipped', 'released')),
    constraint reservations_version_check check (version >= 1)
) strict, without rowid;

create table reservation_lines (
    -- What a reservation holds or held. They never change. One released before it was made has none.
    reservation blob    not null,
    sku         text    not null,
    quantity    integer not null,
    constraint reservation_lines_pkey primary key (reservation, sku),
    constraint reservation_lines_reservation_fkey foreign key (reservation) references reservations (id),
    constraint reservation_lines_sku_fkey foreign key (sku) references items (sku),
    constraint reservation_lines_quantity_check check (quantity >= 1)
) strict, without rowid;
