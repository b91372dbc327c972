set local lock_timeout = '5s';

create table shadow_comparison (
    model          text             not null,
    version        integer          not null,
    shadow         integer          not null,
    same           bigint           not null,
    different      bigint           not null,
    mismatched     bigint           not null,
    failed         bigint           not null,
    dropped        bigint           not null,
    top_changed    bigint           not null,
    difference_max double precision not null,
    version_nanos  numeric          not null,
    shadow_nanos   numeric          not null,
    since          timestamptz      not null default now(),
    reported_at    timestamptz      not null default now(),
    constraint shadow_comparison_pk primary key (model, version, shadow),
    constraint shadow_comparison_version_fk foreign key (model, version) references model_version (model, version),
    constraint shadow_comparison_shadow_fk foreign key (model, shadow) references model_version (model, version)
);
comment on table shadow_comparison is 'Sums of what all gateways saw when they compared the answers of two versions.';
comment on column shadow_comparison.version_nanos is 'Sum over the compared calls; numeric, because sums of years outgrow bigint.';

create table shadow_reporter (
    sender      text        not null,
    batch       text        not null,
    reported_at timestamptz not null default now(),
    constraint shadow_reporter_pk primary key (sender)
);
comment on table shadow_reporter is 'The latest batch of each run of a gateway, so that one that is posted twice is counted once.';
