set local lock_timeout = '5s';

alter table model_version
    alter column sha256 drop not null,
    add column derived_from integer,
    add column derivation   text,
    add column comparison   jsonb,
    drop constraint model_version_state_known,
    add constraint model_version_state_known
        check (state in ('DERIVING', 'UPLOADED', 'VALIDATING', 'READY', 'REJECTED', 'ARCHIVED')),
    add constraint model_version_derived_from_fk
        foreign key (model, derived_from) references model_version (model, version),
    add constraint model_version_derivation_whole check ((derived_from is null) = (derivation is null)),
    add constraint model_version_has_package
        check (sha256 is not null or (derivation is not null and state in ('DERIVING', 'REJECTED', 'ARCHIVED')));
comment on column model_version.sha256 is 'Null for a sibling whose package was not made yet, or could not be made.';
comment on column model_version.derived_from is 'The version that a worker made this one of; null for uploads.';
comment on column model_version.derivation is 'How it was made: int8-dynamic.';
comment on column model_version.comparison is 'Its answers beside the original''s (DerivationResult.Derived).';
create unique index model_version_one_sibling on model_version (model, derived_from, derivation)
    where state not in ('REJECTED', 'ARCHIVED');

create table derivation (
    id          text        not null,
    model       text        not null,
    version     integer     not null,
    worker_id   text        not null,
    incarnation text        not null,
    assigned_at timestamptz not null default now(),
    sha256      text,
    outcome     text,
    finished_at timestamptz,
    constraint derivation_pk primary key (id),
    constraint derivation_version_fk foreign key (model, version) references model_version (model, version),
    constraint derivation_artifact_fk foreign key (sha256) references artifact (sha256),
    constraint derivation_outcome_known check (outcome in ('DONE', 'FAILED', 'LOST', 'RETURNED')),
    constraint derivation_finished check ((outcome is null) = (finished_at is null))
);
comment on table derivation is 'Each try to make a sibling on a worker.';
comment on column derivation.incarnation is 'The process that got it: when another one took its place, the try is lost.';
comment on column derivation.sha256 is 'The package that the worker sent; null before it came.';
comment on column derivation.outcome is 'Null while it runs; LOST counts as an attempt, RETURNED does not.';
create unique index derivation_one_open on derivation (model, version) where outcome is null;
