set local lock_timeout = '5s';

create table model (
    name         text        not null,
    description  text        not null,
    replicas     integer     not null default 1,
    last_version integer     not null default 0,
    created_at   timestamptz not null default now(),
    constraint model_pk primary key (name),
    constraint model_name_pattern check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
    constraint model_replicas_range check (replicas between 1 and 1000)
);
comment on table model is 'A named line of versions. Names never change.';
comment on column model.replicas is 'Wanted copies of each deployed version; at most the number of live workers are made.';
comment on column model.last_version is 'The highest number ever given; versions count from 1 and are not given twice.';

create table artifact (
    sha256    text        not null,
    bytes     bigint      not null,
    stored_at timestamptz not null default now(),
    constraint artifact_pk primary key (sha256),
    constraint artifact_sha256_pattern check (sha256 ~ '^[0-9a-f]{64}$'),
    constraint artifact_bytes_positive check (bytes > 0)
);
comment on table artifact is 'Packages in the content-addressed store; a row exists only once its bytes are durable there.';

create table model_version (
    model       text        not null,
    version     integer     not null,
    state       text        not null,
    sha256      text        not null,
    attempts    integer     not null default 0,
    profile     jsonb,
    failure     jsonb,
    uploaded_at timestamptz not null default now(),
    decided_at  timestamptz,
    constraint model_version_pk primary key (model, version),
    constraint model_version_model_fk foreign key (model) references model (name),
    constraint model_version_artifact_fk foreign key (sha256) references artifact (sha256),
    constraint model_version_positive check (version > 0),
    constraint model_version_state_known check (state in ('UPLOADED', 'VALIDATING', 'READY', 'REJECTED', 'ARCHIVED')),
    constraint model_version_ready_has_profile check (state <> 'READY' or profile is not null),
    constraint model_version_rejected_has_failure check (state <> 'REJECTED' or failure is not null)
);
comment on table model_version is 'An immutable numbered member of a model.';
comment on column model_version.attempts is 'Validations that ended without an answer because their worker was lost.';
comment on column model_version.profile is 'What the validating worker measured (ValidationResult.Profile).';
comment on column model_version.failure is 'Why it was rejected (Failure).';
comment on column model_version.decided_at is 'When it became READY or REJECTED.';
create index model_version_undecided on model_version (uploaded_at) where state in ('UPLOADED', 'VALIDATING');
