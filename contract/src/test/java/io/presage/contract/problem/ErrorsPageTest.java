package io.presage.contract.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// `docs/errors.md` is generated from [Problem]. This test writes it when told to, and else fails when it is
/// out of date.
class ErrorsPageTest {
    private static final Path PAGE = Path.of("..", "docs", "errors.md");
    private static final String REGENERATE = "mvn -q -pl contract test -Dtest=ErrorsPageTest -Dpresage.docs.write=true";

    @Test
    void pageIsUpToDate() throws IOException {
        if (Boolean.getBoolean("presage.docs.write")) {
            Files.writeString(PAGE, page());
        }
        var present = Files.exists(PAGE) ? Files.readString(PAGE) : "";
        assertThat(present)
                .as("docs/errors.md; regenerate with: %s", REGENERATE)
                .isEqualTo(page());
    }

    private static String page() {
        var page = new StringBuilder("""
                # Errors

                Generated from the `Problem` enum; do not edit. After a change there run
                `%s`.

                Every refusal has one of these codes. `/v2` answers
                `{"error": "...", "code": "...", "retryable": ..., "request_id": "..."}`; `/api/v1` answers RFC 9457 problem
                documents with the same `code`, `retryable` and `request_id`. A code never changes its meaning.
                *Retryable* means: the same call may succeed later without being changed. *Who acts*: CALLER changes the call,
                OVERLOAD waits (`Retry-After`), UPSTREAM is something behind the service, INTERNAL is ours.

                | code | HTTP | gRPC | retryable | who acts | meaning |
                |---|---|---|---|---|---|
                """.formatted(REGENERATE));
        for (var problem : Problem.values()) {
            page.append("| `%s` | %d | %s (%d) | %s | %s | %s |\n"
                    .formatted(
                            problem.name(),
                            problem.status(),
                            problem.grpcStatus(),
                            problem.grpcStatus().number(),
                            problem.retryable() ? "yes" : "no",
                            problem.type(),
                            problem.meaning()));
        }
        return page.toString();
    }
}
