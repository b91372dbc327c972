set local lock_timeout = '5s';

create table tenant_usage (
    tenant  text   not null,
    day     date   not null,
    gateway text   not null,
    calls   bigint not null,
    rows    bigint not null,
    constraint tenant_usage_pk primary key (tenant, day, gateway),
    constraint tenant_usage_not_negative check (calls >= 0 and rows >= 0)
);
create index tenant_usage_day_idx on tenant_usage (day);
comment on table tenant_usage is
    'What tenants with a quota used in a day (UTC). Gateways report totals, not differences, so that a report that is '
    'sent twice counts once.';
comment on column tenant_usage.gateway is 'The incarnation of one gateway process.';
