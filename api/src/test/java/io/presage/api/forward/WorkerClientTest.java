package io.presage.api.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.BodyBudget;
import io.presage.api.replicas.Hold;
import io.presage.api.replicas.Replica;
import io.presage.api.replicas.ReplicaProperties;
import io.presage.api.replicas.Replicas;
import io.presage.contract.state.RoutingTable;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

/// The client on a Vert.x event loop against workers that say exact bytes.
@Timeout(60)
class WorkerClientTest {
    private static final String EMPTY_200 = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final AtomicLong nanos = new AtomicLong();
    private final Bodies bodies = new Bodies(1L << 30, new BodyBudget(1L << 30));
    private RawWorker worker;
    private Replica replica;
    private WorkerClient client;

    @BeforeEach
    void start() throws Exception {
        worker = new RawWorker();
        replica = replica(worker.port());
        limit(8, 8);
    }

    @AfterEach
    void stop() throws Exception {
        worker.close();
        vertx.close().await();
    }

    private static Replica replica(int port) {
        var defaults = new Binder(new MapConfigurationPropertySource(Map.of()))
                .bindOrCreate("gateway.replicas", ReplicaProperties.class);
        var table = List.of(new RoutingTable.Worker("w", "127.0.0.1", port));
        var known = new Replicas(defaults, new SimpleMeterRegistry()).update(table);
        return Objects.requireNonNull(known.get("w"));
    }

    private static ForwardProperties properties(int connectionsMax, int waitingMax) {
        return new ForwardProperties(
                connectionsMax,
                waitingMax,
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                DataSize.ofKilobytes(256),
                DataSize.ofMegabytes(64),
                20,
                10,
                100);
    }

    private void limit(int connectionsMax, int waitingMax) throws Exception {
        client = onLoop(() -> new WorkerClient(vertx, properties(connectionsMax, waitingMax), "secret", nanos::get));
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        var done = new CompletableFuture<T>();
        context.runOnContext(_ -> {
            try {
                done.complete(task.call());
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done.get(10, TimeUnit.SECONDS);
    }

    /// A call and all that it heard, in order.
    private final class Asked implements Hold {
        final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        final List<String> held = new CopyOnWriteArrayList<>();
        private final StringBuilder body = new StringBuilder();
        private final Consumer<WorkerAnswer> reader;
        private volatile @Nullable WorkerCall call;
        private volatile @Nullable WorkerAnswer answer;
        long bodyBytes;

        Asked(@Nullable Consumer<WorkerAnswer> reader) {
            this.reader = reader == null ? WorkerAnswer::resume : reader;
        }

        Asked send(HttpMethod method, List<Buffer> sent) throws Exception {
            return onLoop(() -> sendNow(method, sent));
        }

        /// On the event loop already.
        Asked sendNow(HttpMethod method, List<Buffer> sent) {
            var attempt = client.attempt(replica, this, (_, outcome) -> ended(outcome));
            call = attempt;
            client.send(
                    attempt,
                    new WorkerClient.Call(
                            method,
                            "/p",
                            MultiMap.caseInsensitiveMultiMap().add("Accept", "a/b"),
                            "id-1",
                            500,
                            bodies.made(sent)));
            return this;
        }

        private void ended(Outcome outcome) {
            // Whoever is told is told where it asked.
            if (!context.equals(Vertx.currentContext())) {
                heard.add("on another context");
            }
            switch (outcome) {
                case Outcome.Answered(var response) -> read("answered ", response);
                case Outcome.Refused(var refusal, var response) -> read("refused " + refusal + " ", response);
                case Outcome.Rejected(int status) -> heard.add("rejected " + status);
                case Outcome.Unreachable _ -> heard.add("unreachable");
                case Outcome.Broken _ -> heard.add("broken");
                case Outcome.Crowded _ -> heard.add("crowded");
            }
        }

        private void read(String how, WorkerAnswer response) {
            heard.add(how + response.statusCode());
            answer = response;
            response.handler(piece -> {
                bodyBytes += piece.length();
                if (body.length() < 1000) {
                    body.append(piece);
                }
            });
            response.endHandler(_ -> heard.add("end " + body));
            response.exceptionHandler(_ -> heard.add("broke off after " + body));
            reader.accept(response);
        }

        /// Waits for what it hears next.
        String next() throws InterruptedException {
            String next = heard.poll(10, TimeUnit.SECONDS);
            return next == null ? "nothing" : next;
        }

        void abandon() throws Exception {
            onLoop(() -> {
                Objects.requireNonNull(call).abandon(null);
                return true;
            });
        }

        WorkerAnswer answer() {
            return Objects.requireNonNull(answer);
        }

        void resume() throws Exception {
            onLoop(() -> answer().resume());
        }

        @Override
        public void answered(Answer how, long elapsedNanos) {
            held.add("answered " + how);
        }

        @Override
        public void failed(long elapsedNanos, Throwable cause) {
            held.add("failed");
        }

        @Override
        public void released(long elapsedNanos) {
            held.add("released");
        }
    }

    private Asked ask() throws Exception {
        return new Asked(null).send(HttpMethod.GET, List.of());
    }

    private Asked ask(Consumer<WorkerAnswer> reader) throws Exception {
        return new Asked(reader).send(HttpMethod.GET, List.of());
    }

    /// Another call comes on the same connection and is answered.
    private void assertKept(RawWorker.Peer peer) throws Exception {
        var next = ask();
        peer.head();
        peer.answer("next");
        assertThat(next.next()).isEqualTo("answered 200");
        assertThat(next.next()).isEqualTo("end next");
    }

    @Test
    void callsInTurn_shareAConnection() throws Exception {
        var first = new Asked(null).send(HttpMethod.POST, List.of(Buffer.buffer("ab"), Buffer.buffer("cd")));
        try (var peer = worker.accept()) {
            assertThat(peer.head().split("\r\n"))
                    .containsExactly(
                            "POST /p HTTP/1.1",
                            "host: 127.0.0.1:" + worker.port(),
                            "accept: a/b",
                            "X-Request-Id: id-1",
                            "Presage-Timeout-Ms: 500",
                            "Presage-Service-Secret: secret",
                            "content-length: 4");
            assertThat(peer.body(4)).isEqualTo("abcd");
            peer.answer("hello");
            assertThat(first.next()).isEqualTo("answered 200");
            assertThat(first.next()).isEqualTo("end hello");
            assertKept(peer);
            assertThat(first.heard).isEmpty();
        }
    }

    @Test
    void bodyOfAGet_hasItsLength() throws Exception {
        new Asked(null).send(HttpMethod.GET, List.of(Buffer.buffer("GET /evil HTTP/1.1\r\n\r\n")));
        try (var peer = worker.accept()) {
            assertThat(peer.head()).contains("content-length: 22\r\n");
        }
    }

    /// As when there is no memory for it.
    @Test
    void requestThatCannotBeWritten_takesNoConnectionWithIt() throws Exception {
        limit(1, 8);
        var bytes = Unpooled.buffer().writeByte(1);
        var unreadable = List.<Buffer>of(BufferInternal.buffer(bytes));
        bytes.release();
        var asked = new Asked(null).send(HttpMethod.POST, unreadable);
        assertThat(asked.next()).isEqualTo("crowded");
        assertThat(asked.held).containsExactly("released");
        worker.accept().awaitClosed();
        var next = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("next");
            assertThat(next.next()).isEqualTo("answered 200");
        }
    }

    @Test
    void largeBody_isSentAgainWhole() throws Exception {
        var pieces = List.of(Buffer.buffer(new byte[3_000_000]), Buffer.buffer("the end"));
        for (int i = 0; i < 2; i++) {
            var asked = new Asked(null).send(HttpMethod.POST, pieces);
            try (var peer = worker.accept()) {
                assertThat(peer.head()).contains("content-length: 3000007\r\n");
                assertThat(peer.body(3_000_007)).endsWith("\0the end");
                peer.reset();
                assertThat(asked.next()).isEqualTo("broken");
            }
        }
    }

    @Test
    void interimAnswers_arePassedOver() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
            peer.answer("x");
            assertThat(asked.next()).isEqualTo("answered 200");
            assertThat(asked.next()).isEqualTo("end x");
            assertKept(peer);
        }
    }

    @Test
    void otherProtocol_isBroken() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
            assertThat(asked.next()).isEqualTo("broken");
            peer.awaitClosed();
            assertThat(asked.held).containsExactly("failed");
        }
    }

    @Test
    void answerWithoutLength_endsWithItsConnection() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 200 OK\r\n\r\nuntil the end");
            peer.hangUp();
            assertThat(asked.next()).isEqualTo("answered 200");
            assertThat(asked.next()).isEqualTo("end until the end");
        }
        ask();
        worker.accept().close();
    }

    @Test
    void chunksAndTrailers() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n");
            peer.say("0\r\nTrailer: t\r\n\r\n");
            assertThat(asked.next()).isEqualTo("answered 200");
            assertThat(asked.next()).isEqualTo("end abcde");
            assertKept(peer);
        }
    }

    @Test
    void answerThatBreaksOff_isToldOnce() throws Exception {
        for (String part : List.of("Content-Length: 9\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")) {
            var asked = ask();
            try (var peer = worker.accept()) {
                peer.head();
                peer.say("HTTP/1.1 200 OK\r\n" + part);
                assertThat(asked.next()).isEqualTo("answered 200");
                peer.hangUp();
                assertThat(asked.next()).isEqualTo("broke off after abc");
                assertThat(asked.heard).isEmpty();
            }
        }
    }

    @Test
    void noHttp_isBroken() throws Exception {
        for (String bytes : List.of("SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")) {
            var asked = ask();
            try (var peer = worker.accept()) {
                peer.head();
                peer.say(bytes);
                assertThat(asked.next()).isEqualTo("broken");
                peer.awaitClosed();
                assertThat(asked.held).containsExactly("failed");
                assertThat(asked.heard).isEmpty();
            }
        }
    }

    @Test
    void connectionThatSaysClose_isNotKept() throws Exception {
        for (String head : List.of("HTTP/1.1 200 OK\r\nConnection: close", "HTTP/1.0 200 OK")) {
            var asked = ask();
            try (var peer = worker.accept()) {
                peer.head();
                peer.say(head + "\r\nContent-Length: 1\r\n\r\nx");
                assertThat(asked.next()).isEqualTo("answered 200");
                assertThat(asked.next()).isEqualTo("end x");
                peer.awaitClosed();
            }
        }
    }

    @Test
    void keptConnectionThatBreaksWhenUsedAgain_isBroken() throws Exception {
        var first = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("x");
            first.next();
            assertThat(first.next()).isEqualTo("end x");
            var second = ask();
            peer.head();
            peer.reset();
            assertThat(second.next()).isEqualTo("broken");
            assertThat(second.held).containsExactly("failed");
            assertThat(second.heard).isEmpty();
        }
    }

    @Test
    void secondAnswerToOneCall_isNotTheNextCalls() throws Exception {
        limit(1, 8);
        var first = ask();
        var second = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            assertThat(first.next()).isEqualTo("answered 200");
            assertThat(first.next()).isEqualTo("end a");
            peer.awaitClosed();
        }
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("b");
            assertThat(second.next()).isEqualTo("answered 200");
            assertThat(second.next()).isEqualTo("end b");
        }
    }

    @Test
    void answerBeforeTheBodyIsSent_costsTheConnection() throws Exception {
        limit(1, 8);
        var pieces = Collections.nCopies(64, Buffer.buffer(new byte[1 << 20]));
        var early = new Asked(null).send(HttpMethod.POST, pieces);
        var next = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
            assertThat(early.next()).isEqualTo("answered 413");
            assertThat(early.next()).isEqualTo("end much");
            peer.awaitClosed();
        }
        try (var peer = worker.accept()) {
            assertThat(peer.head()).startsWith("GET /p");
            peer.answer("b");
            assertThat(next.next()).isEqualTo("answered 200");
        }
    }

    @Test
    void noConnection_isToldToAllThatWait() throws Exception {
        limit(1, 8);
        int port = worker.port();
        worker.close();
        replica = replica(port);
        var asked = onLoop(() -> {
            var all = new Asked[] {new Asked(null), new Asked(null), new Asked(null)};
            for (var one : all) {
                one.sendNow(HttpMethod.GET, List.of());
            }
            return all;
        });
        for (var one : asked) {
            assertThat(one.next()).isEqualTo("unreachable");
            assertThat(one.held).containsExactly("failed");
        }
    }

    @Test
    void brokenConnection_isReplacedForThoseThatWait() throws Exception {
        limit(1, 8);
        var first = ask();
        var second = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.reset();
            assertThat(first.next()).isEqualTo("broken");
        }
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("b");
            assertThat(second.next()).isEqualTo("answered 200");
        }
    }

    @Test
    void asManyWaitAsMay_abandonedOnesDoNotCount() throws Exception {
        limit(1, 1);
        var first = ask();
        try (var peer = worker.accept()) {
            assertThat(peer.head()).startsWith("GET");
            var waits = ask();
            var crowded = ask();
            assertThat(crowded.next()).isEqualTo("crowded");
            assertThat(crowded.held).containsExactly("released");
            waits.abandon();
            assertThat(waits.held).containsExactly("released");
            var instead = new Asked(null).send(HttpMethod.POST, List.of(Buffer.buffer("instead")));
            peer.answer("a");
            assertThat(first.next()).isEqualTo("answered 200");
            assertThat(peer.head()).startsWith("POST");
            assertThat(peer.body(7)).isEqualTo("instead");
            peer.answer("b");
            assertThat(instead.next()).isEqualTo("answered 200");
            assertThat(instead.next()).isEqualTo("end b");
            assertThat(waits.heard).isEmpty();
        }
    }

    @Test
    void abandonedCall_closesItsConnectionAndHearsNothing() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            asked.abandon();
            peer.awaitClosed();
            assertThat(asked.held).containsExactly("released");
        }
        ask();
        worker.accept().close();
        assertThat(asked.heard).isEmpty();
    }

    @Test
    void abandonedAfterItsAnswerCame_doesNotHarmTheNextCall() throws Exception {
        // The answer is whole and unread: its connection is the next call's already.
        var first = ask(_ -> {});
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("a");
            assertThat(first.next()).isEqualTo("answered 200");
            var second = ask();
            peer.head();
            first.abandon();
            peer.answer("b");
            assertThat(second.next()).isEqualTo("answered 200");
            assertThat(second.next()).isEqualTo("end b");
        }
    }

    @Test
    void unreadAnswer_doesNotStopItsConnection() throws Exception {
        var unread = ask(_ -> {});
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("a");
            assertThat(unread.next()).isEqualTo("answered 200");
            assertKept(peer);
            assertThat(unread.heard).isEmpty();
            unread.resume();
            assertThat(unread.next()).isEqualTo("end a");
        }
    }

    @Test
    void endIsNotTold_untilItIsAskedFor() throws Exception {
        var paused = ask(_ -> {});
        try (var peer = worker.accept()) {
            peer.head();
            peer.say(EMPTY_200);
            assertThat(paused.next()).isEqualTo("answered 200");
            assertKept(peer);
            assertThat(paused.heard).isEmpty();
            paused.resume();
            assertThat(paused.next()).isEqualTo("end ");
        }
    }

    @Test
    void pausedAnswer_stopsTheWorker_andGoesOn() throws Exception {
        int bytes = 64 << 20;
        var asked = ask(_ -> {});
        try (var peer = worker.accept()) {
            peer.head();
            var writer = streaming(peer, bytes);
            assertThat(asked.next()).isEqualTo("answered 200");
            // It could not end however long one waits: no socket holds as much.
            assertThat(writer.join(Duration.ofSeconds(2))).isFalse();
            for (int pieces = 1; pieces <= 3; pieces++) {
                long before = onLoop(() -> asked.bodyBytes);
                onLoop(() -> asked.answer().fetch(1));
                while (onLoop(() -> asked.bodyBytes) == before) {
                    Thread.onSpinWait();
                }
            }
            assertThat(onLoop(() -> asked.bodyBytes)).isBetween(3L, 3L * 65_536);
            asked.resume();
            assertThat(asked.next()).startsWith("end ");
            assertThat(asked.bodyBytes).isEqualTo(bytes);
            writer.join();
            assertKept(peer);
        }
    }

    @Test
    void pausedAnswerWhoseCallerGoes_isClosed() throws Exception {
        var asked = ask(_ -> {});
        try (var peer = worker.accept()) {
            peer.head();
            var writer = streaming(peer, 64 << 20);
            assertThat(asked.next()).isEqualTo("answered 200");
            asked.abandon();
            assertThat(writer.join(Duration.ofSeconds(10))).isTrue();
            assertThat(asked.held).containsExactly("released");
            assertThat(asked.heard).isEmpty();
        }
    }

    /// Writes an answer of so many bytes, or until it cannot.
    private static Thread streaming(RawWorker.Peer peer, int bytes) {
        return Thread.ofVirtual().start(() -> {
            try {
                peer.say("HTTP/1.1 200 OK\r\nContent-Length: " + bytes + "\r\n\r\n");
                for (int sent = 0; sent < bytes; sent += 65_536) {
                    peer.say("x".repeat(65_536));
                }
            } catch (IOException _) {
                // The other side is gone.
            }
        });
    }

    @Test
    void brokenOffAnswer_closesItsConnection() throws Exception {
        var asked = ask(response -> response.handler(_ -> response.breakOff()).resume());
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
            assertThat(asked.next()).isEqualTo("answered 200");
            peer.awaitClosed();
        }
        ask();
        worker.accept().close();
        assertThat(asked.heard).isEmpty();
    }

    @Test
    void discardedRefusal_keepsTheConnectionWhenItIsWhole() throws Exception {
        var asked = ask(WorkerAnswer::discard);
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 503 Busy\r\nPresage-Problem: QUEUE_FULL\r\nContent-Length: 2\r\n\r\n{}");
            assertThat(asked.next()).isEqualTo("refused QUEUE_FULL 503");
            assertKept(peer);
            var endless = ask(WorkerAnswer::discard);
            peer.head();
            peer.say("HTTP/1.1 503 Busy\r\nPresage-Problem: QUEUE_FULL\r\nContent-Length: 2\r\n\r\n{");
            assertThat(endless.next()).isEqualTo("refused QUEUE_FULL 503");
            peer.awaitClosed();
        }
    }

    @Test
    void gatewayItselfRefused_isRejectedOnce() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.say("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
            assertThat(asked.next()).isEqualTo("rejected 401");
            peer.awaitClosed();
            assertThat(asked.held).containsExactly("released");
            assertThat(asked.heard).isEmpty();
        }
    }

    @Test
    void idleConnections_areClosedWhenOld() throws Exception {
        var asked = ask();
        try (var peer = worker.accept()) {
            peer.head();
            peer.answer("x");
            asked.next();
            assertThat(asked.next()).isEqualTo("end x");
            // Told within a read; the connection is idle after it.
            onLoop(() -> true);
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            peer.awaitClosed();
        }
    }

    @Test
    void address6_standsInBrackets() {
        var shared = new WorkerPool.Shared((ContextInternal) context, properties(1, 1), nanos::get);
        assertThat(new WorkerPool(shared, "::1", 80).authority()).isEqualTo("[::1]:80");
        assertThat(new WorkerPool(shared, "worker", 80).authority()).isEqualTo("worker:80");
    }
}
