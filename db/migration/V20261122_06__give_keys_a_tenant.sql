set local lock_timeout = '5s';

alter table api_key
    add column tenant                 text not null default 'default',
    add column row_limit_permits       integer,
    add column row_limit_period_millis bigint,
    add constraint api_key_tenant_fk foreign key (tenant) references tenant (name),
    add constraint api_key_row_limit_whole check ((row_limit_permits is null) = (row_limit_period_millis is null)),
    add constraint api_key_row_limit_positive check (row_limit_permits > 0 and row_limit_period_millis > 0);
create index api_key_tenant_idx on api_key (tenant);
comment on column api_key.row_limit_permits is 'Rows per row_limit_period_millis and model; null means no limit.';
