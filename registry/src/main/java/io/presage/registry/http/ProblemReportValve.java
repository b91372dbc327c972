package io.presage.registry.http;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.util.function.Supplier;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;

/// Answers what Tomcat refuses by itself, before any filter sees it (an encoded slash, a broken escape), in the
/// same form as everything else. Stateless; any thread.
final class ProblemReportValve extends ErrorReportValve {
    private final Supplier<String> ids;

    ProblemReportValve(Supplier<String> ids) {
        this.ids = ids;
    }

    @Override
    protected void report(Request request, Response response, @Nullable Throwable thrown) {
        if (response.getStatus() < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        boolean callers = response.getStatus() < 500;
        var problem = callers
                ? new ProblemException(Problem.INVALID_REQUEST, "request: its line, path or headers cannot be read")
                : new ProblemException(Problem.INTERNAL, "the registry failed; its log has the cause");
        var bytes = ProblemAnswers.json(problem, ids.get());
        response.setStatus(problem.problem().status());
        response.setContentType(ProblemAnswers.MEDIA_TYPE);
        response.setContentLength(bytes.length);
        try {
            response.getOutputStream().write(bytes);
            response.finishResponse();
        } catch (IOException _) {
            // The caller has gone; nobody is left to be told.
            return;
        }
    }
}
