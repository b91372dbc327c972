package io.presage.api.http;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;

/// What a head must keep to beyond what the decoder checks, so that no two servers on the way can disagree on
/// where a request ends or for whom it is (RFC 9112, sections 3.2, 6.1 and 6.3; RFC 9113, section 8). Pure.
final class HeadRules {
    /// The rule that `request` breaks. Its connection cannot be used again, unless it is HTTP/2.
    static Optional<ProblemException> broken(HttpServerRequest request) {
        var headers = request.headers();
        var hosts = headers.getAll(HttpHeaders.HOST);
        switch (request.version()) {
            case HTTP_1_0, HTTP_1_1 -> {
                if (hosts.size() > 1 || (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1)) {
                    return refused(hosts.size() + " Host headers (expected: one)");
                }
                if (headers.contains(HttpHeaders.TRANSFER_ENCODING)) {
                    return brokenEncoding(request, headers);
                }
            }
            case HTTP_2 -> {
                if (hosts.size() > 1 || request.authority() == null) {
                    return refused("no :authority and no Host header (expected: one of them)");
                }
                if (headers.contains(HttpHeaders.TRANSFER_ENCODING)) {
                    return refused("Transfer-Encoding in HTTP/2 (expected: none)");
                }
            }
            case null -> {
                return refused("the protocol is not HTTP/2, HTTP/1.1 or HTTP/1.0");
            }
        }
        if (headers.contains(HttpHeaders.CONTENT_LENGTH)) {
            var lengths = headers.getAll(HttpHeaders.CONTENT_LENGTH);
            if (lengths.size() > 1 || !digits(lengths.getFirst())) {
                return refused("Content-Length: " + String.join(", ", lengths) + " (expected: one number of bytes)");
            }
        }
        if (headers.contains(HttpHeaders.EXPECT) && !"100-continue".equalsIgnoreCase(headers.get(HttpHeaders.EXPECT))) {
            return refused("Expect: " + headers.get(HttpHeaders.EXPECT) + " (expected: 100-continue)");
        }
        return Optional.empty();
    }

    private static Optional<ProblemException> brokenEncoding(HttpServerRequest request, MultiMap headers) {
        var encodings = headers.getAll(HttpHeaders.TRANSFER_ENCODING);
        if (encodings.size() > 1 || !"chunked".equalsIgnoreCase(encodings.getFirst())) {
            return refused("Transfer-Encoding: " + String.join(", ", encodings) + " (expected: chunked)");
        }
        if (headers.contains(HttpHeaders.CONTENT_LENGTH)) {
            return refused("both Transfer-Encoding and Content-Length (expected: one of them)");
        }
        if (request.version() == HttpVersion.HTTP_1_0) {
            return refused("Transfer-Encoding in HTTP/1.0 (expected: Content-Length)");
        }
        return Optional.empty();
    }

    private static boolean digits(String text) {
        if (text.isEmpty() || text.length() > 18) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static Optional<ProblemException> refused(String why) {
        return Optional.of(new ProblemException(Problem.INVALID_REQUEST, why));
    }

    private HeadRules() {}
}
