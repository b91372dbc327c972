set local lock_timeout = '5s';

create table tenant (
    name                text        not null,
    description         text        not null default '',
    calls_permits       integer,
    calls_period_millis bigint,
    rows_permits        integer,
    rows_period_millis  bigint,
    quota_calls_per_day bigint,
    quota_rows_per_day  bigint,
    created_at          timestamptz not null default now(),
    constraint tenant_pk primary key (name),
    constraint tenant_name_pattern check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    constraint tenant_calls_whole check ((calls_permits is null) = (calls_period_millis is null)),
    constraint tenant_calls_positive check (calls_permits > 0 and calls_period_millis > 0),
    constraint tenant_rows_whole check ((rows_permits is null) = (rows_period_millis is null)),
    constraint tenant_rows_positive check (rows_permits > 0 and rows_period_millis > 0),
    constraint tenant_quota_positive check (quota_calls_per_day > 0 and quota_rows_per_day > 0)
);
comment on table tenant is 'Whom keys belong to. Its limits hold over all its keys and all gateways together.';
comment on column tenant.calls_permits is 'Calls per calls_period_millis over all models; null means no limit.';
comment on column tenant.rows_permits is 'Rows per rows_period_millis over all models; null means no limit.';
comment on column tenant.quota_calls_per_day is 'Calls from midnight to midnight UTC; null means no quota.';

insert into tenant (name, description) values ('default', 'Keys that name no tenant.');

create table tenant_model_limit (
    tenant              text not null,
    model               text not null,
    calls_permits       integer,
    calls_period_millis bigint,
    rows_permits        integer,
    rows_period_millis  bigint,
    constraint tenant_model_limit_pk primary key (tenant, model),
    constraint tenant_model_limit_tenant_fk foreign key (tenant) references tenant (name) on delete cascade,
    constraint tenant_model_limit_calls_whole check ((calls_permits is null) = (calls_period_millis is null)),
    constraint tenant_model_limit_calls_positive check (calls_permits > 0 and calls_period_millis > 0),
    constraint tenant_model_limit_rows_whole check ((rows_permits is null) = (rows_period_millis is null)),
    constraint tenant_model_limit_rows_positive check (rows_permits > 0 and rows_period_millis > 0)
);
comment on table tenant_model_limit is 'Further limits of a tenant, on single models.';
comment on column tenant_model_limit.model is 'A name only: the limit may be there before the model is.';

create table model_limit (
    model               text not null,
    calls_permits       integer,
    calls_period_millis bigint,
    rows_permits        integer,
    rows_period_millis  bigint,
    constraint model_limit_pk primary key (model),
    constraint model_limit_model_fk foreign key (model) references model (name) on delete cascade,
    constraint model_limit_calls_whole check ((calls_permits is null) = (calls_period_millis is null)),
    constraint model_limit_calls_positive check (calls_permits > 0 and calls_period_millis > 0),
    constraint model_limit_rows_whole check ((rows_permits is null) = (rows_period_millis is null)),
    constraint model_limit_rows_positive check (rows_permits > 0 and rows_period_millis > 0)
);
comment on table model_limit is 'What a model takes from all its callers together.';
