create table if not exists outgrow_migrations (
    name       text        not null constraint outgrow_migrations_pkey primary key,
    checksum   uuid        not null,
    applied_at timestamptz not null
);

comment on table outgrow_migrations is
    'What was applied to this home, so that it is applied once. Its own table, made before any migration runs.';
comment on column outgrow_migrations.name is 'such as inventory/0001_items';
comment on column outgrow_migrations.checksum is 'a uuid of the file''s text: an applied migration is never edited';
