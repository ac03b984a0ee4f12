alter table messages add column refused text; -- why it will never be sent; none if it was, or may still be
