package io.presage.registry.http;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import org.apache.catalina.connector.ClientAbortException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.http.HttpHeaders;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.web.HttpMediaTypeException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.servlet.NoHandlerFoundException;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import tools.jackson.databind.json.JsonMapper;

/// The one place where something thrown becomes `application/problem+json` (RFC 9457). Stateless; any thread.
public final class ProblemAnswers {
    private static final Logger log = LoggerFactory.getLogger(ProblemAnswers.class);
    private static final JsonMapper JSON = new JsonMapper();
    private static final int RETRY_AFTER_SECONDS = 1;
    static final String MEDIA_TYPE = "application/problem+json";

    /// Writes the answer, unless it has begun already: then the connection is all that can tell.
    public static void write(HttpServletResponse response, String requestId, Throwable thrown) throws IOException {
        var problem = of(thrown);
        if (problem.problem() == Problem.INTERNAL) {
            log.error("request_id={} problem=INTERNAL", requestId, thrown);
        }
        if (response.isCommitted()) {
            throw new IOException("the answer had begun when this happened: " + problem.detail(), thrown);
        }
        var retryAfterSeconds = response.getHeader(HttpHeaders.RETRY_AFTER);
        response.resetBuffer();
        response.setStatus(problem.problem().status());
        if (problem.problem().retryable() && retryAfterSeconds == null) {
            response.setIntHeader(
                    HttpHeaders.RETRY_AFTER,
                    problem.retryAfterSeconds() > 0 ? problem.retryAfterSeconds() : RETRY_AFTER_SECONDS);
        }
        if (thrown instanceof HttpRequestMethodNotSupportedException method && method.getSupportedMethods() != null) {
            response.setHeader(HttpHeaders.ALLOW, String.join(", ", method.getSupportedMethods()));
        }
        if (problem.problem() == Problem.UNAUTHENTICATED) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        var bytes = json(problem, requestId);
        response.setContentType(MEDIA_TYPE);
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }

    static byte[] json(ProblemException problem, String requestId) {
        var body = new LinkedHashMap<String, Object>();
        body.put("type", "about:blank");
        body.put("title", problem.problem().meaning());
        body.put("status", problem.problem().status());
        body.put("detail", problem.detail());
        body.put("code", problem.problem().name());
        body.put("retryable", problem.problem().retryable());
        body.put("request_id", requestId);
        return JSON.writeValueAsBytes(body);
    }

    /// What `thrown` means to the caller. Only what nobody foresaw is INTERNAL.
    static ProblemException of(Throwable thrown) {
        return switch (thrown) {
            case ProblemException problem -> problem;
            case HttpRequestMethodNotSupportedException method ->
                new ProblemException(
                        Problem.METHOD_NOT_ALLOWED, "method: " + method.getMethod() + " (expected: see Allow)");
            case NoHandlerFoundException none -> notFound(none.getRequestURL());
            case NoResourceFoundException none -> notFound("/" + none.getResourcePath());
            case HttpMediaTypeException type ->
                new ProblemException(Problem.UNSUPPORTED_MEDIA_TYPE, String.valueOf(type.getMessage()));
            case DataAccessResourceFailureException e -> databaseAway(e);
            case TransientDataAccessResourceException e -> databaseAway(e);
            case RecoverableDataAccessException e -> databaseAway(e);
            case QueryTimeoutException e -> databaseAway(e);
            case CannotCreateTransactionException e -> databaseAway(e);
            case TransactionSystemException e -> databaseAway(e);
            case ConcurrencyFailureException _ ->
                new ProblemException(
                        Problem.OVERLOADED, "others are changing the same thing; nothing was changed by this call");
            case SocketTimeoutException _ ->
                new ProblemException(Problem.REQUEST_TIMEOUT, "body: the next bytes did not arrive in time");
            case ClientAbortException _ -> new ProblemException(Problem.INVALID_REQUEST, "body: it broke off");
            case ServletException e when e.getCause() instanceof ServletException cause -> of(cause);
            case ServletException e when e.getCause() instanceof RuntimeException cause -> of(cause);
            case ServletException e
            when e.getCause() == null -> new ProblemException(Problem.INVALID_REQUEST, String.valueOf(e.getMessage()));
            default -> new ProblemException(Problem.INTERNAL, "the registry failed; its log has the cause", thrown);
        };
    }

    private static ProblemException notFound(String path) {
        return new ProblemException(Problem.NOT_FOUND, "path: " + Names.shown(path) + " (expected: one of the API)");
    }

    private static ProblemException databaseAway(RuntimeException cause) {
        log.warn("problem=REGISTRY_UNAVAILABLE cause=\"{}\"", rootMessage(cause));
        return ProblemException.retryAfter(
                Problem.REGISTRY_UNAVAILABLE, "the registry's database cannot be reached now", 2);
    }

    private static String rootMessage(Throwable thrown) {
        var root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage()).replace('\n', ' ');
    }

    private ProblemAnswers() {}
}
