create table products (
    -- What is for sale, and at which price. One row per SKU; what it cost before is not kept.
    sku      text    not null, -- compared byte by byte
    name     text    not null,
    amount   integer not null, -- of the price, in minor units of its currency
    currency text    not null, -- such as EUR
    version  integer not null, -- counts the changes: whoever commits one must have read the last
    constraint products_pkey primary key (sku),
    constraint products_amount_check check (amount between 1 and 100000000000),
    constraint products_version_check check (version >= 1)
) strict, without rowid;
