set local lock_timeout = '5s';

alter table model_version add column needs_cuda boolean not null default false;
comment on column model_version.needs_cuda is
    'A worker without a CUDA device could not run it while another one had such a device: it is validated there.';
