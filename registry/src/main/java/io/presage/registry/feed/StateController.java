package io.presage.registry.feed;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.RoutingChanges;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// The long poll: a virtual thread waits in it.
@RestController
final class StateController {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private static final MediaType CHANGES = MediaType.parseMediaType(RoutingChanges.MEDIA_TYPE);
    private static final long NOTHING = -1;

    private final Snapshots snapshots;

    StateController(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    @GetMapping(InternalPaths.STATE)
    ResponseEntity<byte[]> state(HttpServletRequest request) throws InterruptedException {
        long after = after(Requests.query(request, "after").orElse("-1"));
        var worker = Requests.query(request, "worker");
        var gateway = Requests.query(request, "gateway");
        if (worker.isPresent() == gateway.isPresent()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "worker, gateway: both or none given (expected: exactly one of them)");
        }
        var id = worker.or(() -> gateway).orElseThrow();
        if (!ID.matcher(id).matches()) {
            throw new ProblemException(Problem.INVALID_REQUEST, "id: " + Names.shown(id) + " (expected: " + ID + ")");
        }
        if (worker.isPresent()) {
            return snapshots
                    .await(snapshot -> snapshot.worker(id), after)
                    .map(content -> body(MediaType.APPLICATION_JSON, content.json()))
                    .orElseGet(StateController::nothing);
        }
        boolean readsChanges = Requests.query(request, "changes").isPresent();
        return snapshots
                .await(Snapshot::routing, after)
                .map(feed -> routing(feed, readsChanges ? after : NOTHING))
                .orElseGet(StateController::nothing);
    }

    /// @param after what the gateway has, if that helps it
    private static ResponseEntity<byte[]> routing(RoutingFeed feed, long after) {
        return feed.changes(after)
                .map(changes -> body(CHANGES, changes))
                .orElseGet(() -> body(MediaType.APPLICATION_JSON, feed.whole()));
    }

    private static ResponseEntity<byte[]> body(MediaType type, byte[] json) {
        return ResponseEntity.ok().contentType(type).body(json);
    }

    private static ResponseEntity<byte[]> nothing() {
        return ResponseEntity.noContent().build();
    }

    private static long after(String text) {
        try {
            long after = Long.parseLong(text);
            if (after >= -1) {
                return after;
            }
        } catch (NumberFormatException _) {
            // Falls through to the message that serves both.
        }
        throw new ProblemException(
                Problem.INVALID_REQUEST, "after: " + Names.shown(text) + " (expected: a revision, or -1)");
    }
}
