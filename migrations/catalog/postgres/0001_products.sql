create table products (
    sku      text collate "C" not null,
    name     text             not null,
    amount   bigint           not null,
    currency text             not null,
    version  bigint           not null,
    constraint products_pkey primary key (sku),
    constraint products_amount_check check (amount between 1 and 100000000000),
    constraint products_version_check check (version >= 1)
);

comment on table products is
    'What is for sale, and at which price. One row per SKU; what it cost before is not kept.';
comment on column products.sku is 'compared byte by byte, as the order of pages says; hence the collation';
comment on column products.amount is 'of the price, in minor units of its currency';
comment on column products.currency is 'such as EUR';
comment on column products.version is 'counts the changes: whoever commits one must have read the last';
