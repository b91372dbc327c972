package io.presage.api.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.contract.state.ShadowReport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ShadowReportsTest {
    private static final Pair PAIR = new Pair("fraud", 1, 2);

    private final List<ShadowReport> posted = new CopyOnWriteArrayList<>();
    private final ShadowTally tally = new ShadowTally(new SimpleMeterRegistry());
    private volatile int status = 204;
    private HttpServer registry;
    private ShadowReports reports;

    @BeforeEach
    void start() throws Exception {
        registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/internal/shadows", exchange -> {
            try (exchange) {
                posted.add(new JsonMapper().readValue(exchange.getRequestBody().readAllBytes(), ShadowReport.class));
                exchange.sendResponseHeaders(status, -1);
            }
        });
        registry.start();
        reports = new ShadowReports(
                tally,
                new ReportClient(
                        URI.create("http://127.0.0.1:" + registry.getAddress().getPort()), "secret"),
                "run",
                new ShadowProperties(Duration.ofSeconds(10)),
                _ -> {});
    }

    @AfterEach
    void stop() {
        reports.stop();
        registry.stop(0);
    }

    @Test
    void report_bringsWhatIsNew_once() throws Exception {
        reports.report();
        assertThat(posted).isEmpty();
        tally.add(PAIR, new Verdict.Compared(true, false, 0.5), 100, 300);
        tally.add(PAIR, new Verdict.Compared(false, true, 2), 100, 300);
        tally.add(PAIR, new Verdict.Mismatched(), 0, 0);
        tally.add(PAIR, new Verdict.Failed(), 0, 0);
        tally.dropped(PAIR);
        reports.report();
        reports.report();
        assertThat(posted)
                .containsExactly(new ShadowReport(
                        "run", "run.1", List.of(new ShadowReport.Pair("fraud", 1, 2, 1, 1, 1, 1, 1, 1, 2, 200, 600))));
    }

    @Test
    void batchThatDidNotArrive_isPostedAgain_unchanged() throws Exception {
        status = 503;
        tally.dropped(PAIR);
        reports.report();
        tally.dropped(PAIR);
        reports.report();
        status = 204;
        reports.report();
        reports.report();
        assertThat(posted).extracting(ShadowReport::batch).containsExactly("run.1", "run.1", "run.1", "run.2");
        assertThat(posted)
                .allSatisfy(report ->
                        assertThat(report.pairs().getFirst().dropped()).isEqualTo(1));
    }
}
