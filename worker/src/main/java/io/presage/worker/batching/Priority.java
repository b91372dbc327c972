package io.presage.worker.batching;

/// Who goes first where calls queue: the header `Presage-Priority`, first in first.
public enum Priority {
    HIGH,
    NORMAL,
    LOW
}
