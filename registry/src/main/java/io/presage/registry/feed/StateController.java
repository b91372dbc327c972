package io.presage.registry.feed;

import io.presage.contract.http.InternalPaths;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.http.Names;
import io.presage.registry.http.Requests;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import java.util.regex.Pattern;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// The long poll: a virtual thread waits in it.
@RestController
final class StateController {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

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
        return worker.isPresent()
                ? answer(snapshots.await(snapshot -> snapshot.worker(id), after))
                : answer(snapshots.await(Snapshot::routing, after));
    }

    private static <T> ResponseEntity<byte[]> answer(Optional<Content<T>> content) {
        return content.map(found -> ResponseEntity.ok()
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(found.json()))
                .orElseGet(() -> ResponseEntity.noContent().build());
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
