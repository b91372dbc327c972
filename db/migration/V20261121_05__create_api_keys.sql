set local lock_timeout = '5s';

create table api_key (
    id                  text        not null,
    name                text        not null,
    sha256              text        not null,
    roles               text[]      not null,
    models              text[]      not null default '{}',
    limit_permits       integer,
    limit_period_millis bigint,
    created_at          timestamptz not null default now(),
    revoked_at          timestamptz,
    constraint api_key_pk primary key (id),
    constraint api_key_sha256_unique unique (sha256),
    constraint api_key_id_pattern check (id ~ '^[a-z0-9]{12}$'),
    constraint api_key_roles_known check (roles <@ array['PREDICT', 'PUBLISH', 'PROMOTE', 'ADMIN'] and cardinality(roles) > 0),
    constraint api_key_limit_whole check ((limit_permits is null) = (limit_period_millis is null)),
    constraint api_key_limit_positive check (limit_permits > 0 and limit_period_millis > 0)
);
comment on table api_key is 'Who may do what. The key itself is never stored.';
comment on column api_key.sha256 is 'Hex SHA-256 of the whole key text; 256 random bits need no slow hash.';
comment on column api_key.models is 'Models that the key is for; empty means all.';
comment on column api_key.limit_permits is 'Calls per limit_period_millis and model; null means the default of the gateway.';
