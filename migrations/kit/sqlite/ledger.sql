create table if not exists outgrow_migrations (
    -- What was applied to this home, so that it is applied once. Its own table, made before any migration runs.
    name       text    not null constraint outgrow_migrations_pkey primary key, -- such as inventory/0001_items
    checksum   blob    not null, -- a uuid of the file's text: an applied migration is never edited
    applied_at integer not null  -- microseconds since 1970
) strict;
