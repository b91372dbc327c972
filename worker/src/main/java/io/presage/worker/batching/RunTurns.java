package io.presage.worker.batching;

/// Gives turns to versions. Any thread; not under a lock that a turn needs.
interface RunTurns {
    /// Asks for one turn.
    void ask(TurnList.Seat seat);

    /// False while a version that holds a thread gets no other one. A little old.
    boolean hasRoom();

    /// Asks for one turn at a time.
    void wakeAt(TurnList.Seat seat, long wakeNanos);
}
