-- What waits for people: counted whenever somebody scrapes, few among many that are over or will be soon.
create index outgrow_sagas_parked on outgrow_sagas (saga, since) where parked = 1;
create index outgrow_inbox_parked on outgrow_inbox (received_at) where parked = 1;
