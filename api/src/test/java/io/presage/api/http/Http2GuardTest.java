package io.presage.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/// Clients that take their answers slowly, on a clock that the test turns. `body-timeout` is 400 ms, and who takes
/// 16 KiB in it takes its answer.
class Http2GuardTest {
    private static final int ANSWER_BYTES = 4 << 20;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RESET = 3;
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;
    private static final int HUGE = 1 << 30;

    private static final HttpProperties PROPERTIES = new Binder(
                    new MapConfigurationPropertySource(Map.of("http.body-timeout", "400ms")))
            .bindOrCreate("http", HttpProperties.class);

    private final Http2ConnectionHandler http2 = new Http2ConnectionHandlerBuilder()
            .server(true)
            .frameListener(new Http2FrameAdapter())
            .gracefulShutdownTimeoutMillis(0)
            .build();
    private final EmbeddedChannel channel = new EmbeddedChannel(http2);
    private final ByteBuf received = Unpooled.buffer();
    private final List<Integer> resets = new ArrayList<>();
    private final Map<Integer, Integer> taken = new HashMap<>();
    private long nowNanos;

    @BeforeEach
    void install() {
        channel.freezeTime();
        Http2Guard.install(channel.pipeline(), http2, PROPERTIES, () -> nowNanos);
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        received.release();
    }

    private static ByteBuf frame(int type, int flags, int stream, byte[] payload) {
        return Unpooled.buffer()
                .writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeBytes(payload);
    }

    private static byte[] number(int value) {
        return Unpooled.buffer(4).writeInt(value).array();
    }

    /// A client with these windows, which has asked for `ANSWER_BYTES` on streams 1, 3, ...
    private void connect(int streamWindow, int connectionWindowMore, int streams) {
        channel.writeInbound(Unpooled.copiedBuffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", StandardCharsets.US_ASCII));
        byte[] setting = Unpooled.buffer(6).writeShort(4).writeInt(streamWindow).array();
        channel.writeInbound(frame(SETTINGS, 0, 0, setting));
        if (connectionWindowMore > 0) {
            opened(0, connectionWindowMore);
        }
        for (int stream = 1; stream < 2 * streams; stream += 2) {
            // Indexed: GET, http, /.
            channel.writeInbound(frame(HEADERS, 5, stream, new byte[] {(byte) 0x82, (byte) 0x86, (byte) 0x84}));
            answer(stream);
        }
        read();
    }

    private void answer(int stream) {
        var context = channel.pipeline().context(http2);
        http2.encoder()
                .writeHeaders(context, stream, new DefaultHttp2Headers().status("200"), 0, false, context.newPromise());
        http2.encoder()
                .writeData(
                        context, stream, Unpooled.wrappedBuffer(new byte[ANSWER_BYTES]), 0, true, context.newPromise());
        channel.flush();
    }

    private void opened(int stream, int bytes) {
        channel.writeInbound(frame(WINDOW_UPDATE, 0, stream, number(bytes)));
    }

    /// What the server sent: resets, and how much of each answer.
    private void read() {
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            received.writeBytes(next);
            next.release();
        }
        while (received.readableBytes() >= 9) {
            int length = received.getUnsignedMedium(received.readerIndex());
            if (received.readableBytes() < 9 + length) {
                break;
            }
            int type = received.getByte(received.readerIndex() + 3);
            int stream = received.getInt(received.readerIndex() + 5);
            received.skipBytes(9 + length);
            if (type == DATA) {
                taken.merge(stream, length, Integer::sum);
            } else if (type == RESET) {
                resets.add(stream);
            }
        }
        received.discardReadBytes();
    }

    /// Lets time pass in steps of 10 ms; `each` is done every `everyMillis`.
    private void pass(int millis, int everyMillis, IntConsumer each) {
        for (int now = 10; now <= millis; now += 10) {
            nowNanos += TimeUnit.MILLISECONDS.toNanos(10);
            channel.advanceTimeBy(10, TimeUnit.MILLISECONDS);
            channel.runPendingTasks();
            if (channel.isOpen() && now % everyMillis == 0) {
                each.accept(now);
            }
            read();
        }
    }

    @Test
    void readerOfAByteAtATime_isReset() {
        connect(0, HUGE, 1);
        pass(300, 10, _ -> opened(1, 1));
        assertThat(resets).isEmpty();
        assertThat(taken).containsEntry(1, 30);
        pass(400, 10, _ -> opened(1, 1));
        assertThat(resets).containsExactly(1);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void readerWhoTakesNothing_isReset() {
        connect(0, HUGE, 1);
        pass(700, 700, _ -> {});
        assertThat(resets).containsExactly(1);
    }

    @Test
    void slowButSteadyReader_getsItsAnswer() {
        connect(0, HUGE, 1);
        pass(ANSWER_BYTES / 8192 * 100, 100, _ -> opened(1, 8192));
        assertThat(resets).isEmpty();
        assertThat(taken).containsEntry(1, ANSWER_BYTES);
        pass(2000, 2000, _ -> {});
        assertThat(resets).isEmpty();
    }

    @Test
    void readerWhoOpensMuchAtOnceAndSeldom_getsItsAnswer() {
        connect(0, HUGE, 1);
        pass(ANSWER_BYTES / 65_536 * 350, 350, _ -> opened(1, 65_536));
        assertThat(resets).isEmpty();
        assertThat(taken).containsEntry(1, ANSWER_BYTES);
    }

    @Test
    void readerBelowTheLeastRate_isReset() {
        connect(0, HUGE, 1);
        pass(2000, 100, _ -> opened(1, 3000));
        assertThat(resets).containsExactly(1);
    }

    @Test
    void windowOfTheConnection_countsForThoseWhoWaitForIt() {
        connect(HUGE, 0, 2);
        pass(20_000, 100, _ -> opened(0, 8192));
        assertThat(resets).isEmpty();
        assertThat(taken.values().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(1_000_000);
        pass(2000, 10, _ -> opened(0, 1));
        assertThat(resets).containsExactlyInAnyOrder(1, 3);
    }

    /// Else one answer that is read would keep hundreds that are not.
    @Test
    void stalledCall_isReset_thoughAnotherIsRead() {
        connect(0, 0, 2);
        pass(2000, 50, _ -> {
            opened(3, 8192);
            opened(0, 8192);
        });
        assertThat(resets).containsExactly(1);
        assertThat(taken.get(3)).isGreaterThan(300_000);
    }

    @Test
    void readerOfNothingBelowItsWindows_losesTheConnection() {
        connect(HUGE, 0, 1);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        pass(300, 300, _ -> {});
        assertThat(channel.isOpen()).isTrue();
        pass(400, 400, _ -> {});
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void steadyReaderBelowItsWindows_isLetBe() {
        connect(HUGE, 0, 1);
        pass(10_000, 100, now -> channel.unsafe().outboundBuffer().setUserDefinedWritability(1, now % 200 == 0));
        assertThat(channel.isOpen()).isTrue();
        assertThat(resets).isEmpty();
    }

    @Test
    void silenceWhileTheGatewayWorks_isNobodysFault() {
        channel.writeInbound(Unpooled.copiedBuffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", StandardCharsets.US_ASCII));
        channel.writeInbound(frame(SETTINGS, 0, 0, new byte[0]));
        channel.writeInbound(frame(HEADERS, 5, 1, new byte[] {(byte) 0x82, (byte) 0x86, (byte) 0x84}));
        pass(100_000, 100_000, _ -> {});
        assertThat(resets).isEmpty();
        assertThat(channel.isOpen()).isTrue();
    }
}
