package io.presage.registry.http;

import io.presage.contract.http.Headers;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;

/// Outermost filter: gives every request an id and answers what nobody else answered. As an exception resolver
/// it comes before Spring's own, so that there is one form of errors. Stateless; any thread.
final class RequestFilter extends OncePerRequestFilter implements HandlerExceptionResolver, Ordered {
    private static final String ATTRIBUTE = RequestFilter.class.getName();
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private final Supplier<String> ids;

    RequestFilter(Supplier<String> ids) {
        this.ids = ids;
    }

    static String requestId(HttpServletRequest request) {
        return String.valueOf(request.getAttribute(ATTRIBUTE));
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        var sent = request.getHeader(Headers.REQUEST_ID);
        var id = sent != null && ID.matcher(sent).matches() ? sent : ids.get();
        request.setAttribute(ATTRIBUTE, id);
        response.setHeader(Headers.REQUEST_ID, id);
        try {
            chain.doFilter(request, response);
        } catch (RuntimeException | ServletException e) {
            ProblemAnswers.write(response, id, e);
        }
    }

    @Override
    public @Nullable ModelAndView resolveException(
            HttpServletRequest request, HttpServletResponse response, @Nullable Object handler, Exception thrown) {
        try {
            ProblemAnswers.write(response, requestId(request), thrown);
            return new ModelAndView();
        } catch (IOException _) {
            return null;
        }
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
