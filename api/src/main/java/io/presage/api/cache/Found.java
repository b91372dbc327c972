package io.presage.api.cache;

/// What a look into the cache gives.
public sealed interface Found {
    record Hit(Kept kept) implements Found {}

    /// An identical call is on its way, and `seat` is held in its flight.
    record Joined(Seat seat) implements Found {}

    /// This call is the first: it goes to a worker, and tells what came of it.
    record Lead(Ticket ticket) implements Found {}

    /// A place among those that wait.
    final class Seat {
        private final Flight flight;
        private final Waiting call;

        Seat(Flight flight, Waiting call) {
            this.flight = flight;
            this.call = call;
        }

        /// The call waits no longer.
        public void leave() {
            flight.leave(call);
        }
    }

    /// The duty to end a flight, exactly once.
    interface Ticket {
        /// The answer, for the cache and for those that wait.
        void landed(Kept kept);

        /// There is none that others could have.
        void failed();
    }
}
