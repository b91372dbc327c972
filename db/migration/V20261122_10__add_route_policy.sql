set local lock_timeout = '5s';

create table route_policy (
    model                text        not null,
    sticky_by            text,
    sticky_name          text,
    shadow_version       integer,
    shadow_share         integer,
    shadow_tolerance     double precision,
    shadow_in_flight_max integer,
    cache_max_age_millis bigint,
    cache_max_bytes      bigint,
    changed_at           timestamptz not null default now(),
    constraint route_policy_pk primary key (model),
    constraint route_policy_model_fk foreign key (model) references model (name),
    constraint route_policy_shadow_fk foreign key (model, shadow_version) references model_version (model, version),
    constraint route_policy_sticky_known check (sticky_by in ('HEADER', 'COOKIE', 'CALLER')),
    constraint route_policy_sticky_named check
        ((sticky_name is not null) = (sticky_by is not null and sticky_by <> 'CALLER')),
    constraint route_policy_shadow_whole check
        ((shadow_version is null and shadow_share is null and shadow_tolerance is null and shadow_in_flight_max is null)
         or (shadow_version is not null and shadow_share between 1 and 10000 and shadow_tolerance >= 0
             and shadow_in_flight_max >= 1)),
    constraint route_policy_cache_whole check
        ((cache_max_age_millis is null and cache_max_bytes is null)
         or (cache_max_age_millis >= 1 and cache_max_bytes >= 1))
);
comment on table route_policy is
    'What gateways do with calls of a model that name no version, beside splitting them; no row means nothing.';
comment on column route_policy.sticky_by is 'Where the key of the split is taken from when a call has no Presage-Sticky-Key.';
comment on column route_policy.shadow_share is 'Basis points of the calls that are sent to the shadow version as well.';
comment on column route_policy.shadow_tolerance is
    'Two numbers are alike when they differ by at most this times the greater of 1 and their own size.';
comment on column route_policy.cache_max_bytes is 'Bytes of answers that one gateway keeps.';

create table route_rule (
    model    text    not null,
    position integer not null,
    header   text    not null,
    value    text    not null,
    version  integer,
    alias    text,
    constraint route_rule_pk primary key (model, position),
    constraint route_rule_policy_fk foreign key (model) references route_policy (model) on delete cascade,
    constraint route_rule_version_fk foreign key (model, version) references model_version (model, version),
    constraint route_rule_one_target check ((version is null) <> (alias is null))
);
comment on table route_rule is 'Calls whose header has exactly this value go to one version; the lowest position that matches decides.';
comment on column route_rule.alias is 'May be champion, which is no row of alias; other aliases are kept while a rule names them.';

create or replace view deployed_version as
select model, version from (
    select r.model, v.version
      from route r, lateral (values (r.goal_active), (r.goal_candidate), (r.live_active), (r.live_candidate), (r.previous))
           as v (version)
     where v.version is not null
    union
    select model, version from alias
    union
    select model, version from route_rule where version is not null
    union
    select model, shadow_version from route_policy where shadow_version is not null
) as wanted;
comment on view deployed_version is
    'Versions that workers should hold: active, candidate and previous of goal and live, every aliased one, and those that rules and shadows name.';
