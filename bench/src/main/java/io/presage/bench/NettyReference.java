package io.presage.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.FastThreadLocal;
import io.presage.contract.http.Headers;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// What a predict call over HTTP costs when nothing but it is done: Netty, the model run on the event loop
/// where the bytes arrive, a parser that finds the one array it knows, pinned tensors, one session for all
/// loops. It checks nothing, and that is the point. The tabular model also takes and gives binary tensors.
///
/// `NettyReference MODEL_DIRECTORY WORKLOAD PORT`
final class NettyReference {
    private static final int BODY_BYTES_MAX = 1 << 20;

    public static void main(String[] args) throws Exception {
        var directory = Path.of(args[0]);
        var workload = Workload.valueOf(args[1]);
        var session = Pinned.session(Models.modelFile(directory), 1);
        var models = new FastThreadLocal<Model>() {
            @Override
            protected Model initialValue() throws OrtException, IOException {
                return switch (workload) {
                    case TUMOUR -> new Tabular(new Pinned(session, 1, 1));
                    case MINILM -> new Embedding(session, directory);
                };
            }
        };
        var group = new MultiThreadIoEventLoopGroup(
                Runtime.getRuntime().availableProcessors(), EpollIoHandler.newFactory());
        new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec(), new HttpObjectAggregator(BODY_BYTES_MAX))
                                .addLast(new Handler(models));
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(args[2]))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    private static final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final FastThreadLocal<Model> models;

        Handler(FastThreadLocal<Model> models) {
            this.models = models;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) throws Exception {
            var jsonLength = request.headers().get(Headers.INFERENCE_HEADER_CONTENT_LENGTH);
            var answer = jsonLength == null
                    ? Answer.json(models.get().answer(request.content()))
                    : models.get().answerBinary(request.content(), Integer.parseInt(jsonLength));
            var response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(answer.body()));
            response.headers()
                    .set(
                            HttpHeaderNames.CONTENT_TYPE,
                            answer.jsonLength() < 0
                                    ? HttpHeaderValues.APPLICATION_JSON
                                    : HttpHeaderValues.APPLICATION_OCTET_STREAM)
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
            if (answer.jsonLength() >= 0) {
                response.headers().setInt(Headers.INFERENCE_HEADER_CONTENT_LENGTH, answer.jsonLength());
            }
            var _ = context.writeAndFlush(response, context.voidPromise());
        }
    }

    /// @param jsonLength -1 when all of the body is JSON
    private record Answer(byte[] body, int jsonLength) {
        static Answer json(String text) {
            return new Answer(text.getBytes(StandardCharsets.ISO_8859_1), -1);
        }
    }

    /// One event loop's own.
    private interface Model {
        String answer(ByteBuf body) throws OrtException;

        /// Of a body whose first `jsonLength` bytes are JSON.
        default Answer answerBinary(ByteBuf body, int jsonLength) throws OrtException {
            throw new UnsupportedOperationException("no binary tensors for this model");
        }
    }

    /// Index behind `"data": [`.
    private static int dataIndex(ByteBuf body) {
        for (int i = body.readerIndex(); i < body.writerIndex() - 6; i++) {
            if (body.getByte(i) == '"'
                    && body.getByte(i + 1) == 'd'
                    && body.getByte(i + 2) == 'a'
                    && body.getByte(i + 3) == 't'
                    && body.getByte(i + 4) == 'a'
                    && body.getByte(i + 5) == '"') {
                return body.indexOf(i, body.writerIndex(), (byte) '[') + 1;
            }
        }
        throw new IllegalArgumentException("no data in the body");
    }

    private static final class Tabular implements Model {
        private static final byte[] BINARY_HEAD = ("{\"model_name\":\"tumour\",\"model_version\":\"1\",\"outputs\":["
                        + "{\"name\":\"label\",\"datatype\":\"INT64\",\"shape\":[1],"
                        + "\"parameters\":{\"binary_data_size\":8}},"
                        + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[1,2],"
                        + "\"parameters\":{\"binary_data_size\":8}}]}")
                .getBytes(StandardCharsets.ISO_8859_1);

        private final Pinned pinned;
        private final FloatBuffer features;
        private final StringBuilder answer = new StringBuilder();

        Tabular(Pinned pinned) {
            this.pinned = pinned;
            this.features = pinned.floats("features");
        }

        @Override
        public String answer(ByteBuf body) throws OrtException {
            readNumbers(body);
            pinned.run();
            var probabilities = pinned.floats("probabilities");
            answer.setLength(0);
            return answer.append("{\"model_name\":\"tumour\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"label\","
                            + "\"datatype\":\"INT64\",\"shape\":[1],\"data\":[")
                    .append(pinned.longs("label").get(0))
                    .append("]},{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[")
                    .append(probabilities.get(0))
                    .append(',')
                    .append(probabilities.get(1))
                    .append("]}]}")
                    .toString();
        }

        @Override
        public Answer answerBinary(ByteBuf body, int jsonLength) throws OrtException {
            body.getBytes(body.readerIndex() + jsonLength, pinned.bytes("features"));
            pinned.run();
            var answer = Arrays.copyOf(BINARY_HEAD, BINARY_HEAD.length + 16);
            pinned.bytes("label").get(0, answer, BINARY_HEAD.length, 8);
            pinned.bytes("probabilities").get(0, answer, BINARY_HEAD.length + 8, 8);
            return new Answer(answer, BINARY_HEAD.length);
        }

        /// Plain decimals of the benchmark's own request: digits and a point, no sign, no exponent.
        private void readNumbers(ByteBuf body) {
            int index = 0;
            long digits = 0;
            double scale = 0;
            for (int i = dataIndex(body); index < features.capacity(); i++) {
                byte next = body.getByte(i);
                if (next >= '0' && next <= '9') {
                    digits = digits * 10 + (next - '0');
                    scale *= 10;
                } else if (next == '.') {
                    scale = 1;
                } else if (next == ',' || next == ']') {
                    features.put(index++, (float) (scale == 0 ? digits : digits / scale));
                    digits = 0;
                    scale = 0;
                }
            }
        }
    }

    private static final class Embedding implements Model {
        private final OrtSession session;
        private final HuggingFaceTokenizer tokenizer;
        private final Map<Integer, Pinned> pinnedByTokens = new HashMap<>();
        private final float[] mean = new float[Pooling.DIMENSIONS];
        private final StringBuilder answer = new StringBuilder();

        Embedding(OrtSession session, Path directory) throws IOException {
            this.session = session;
            this.tokenizer =
                    HuggingFaceTokenizer.newInstance(directory.resolve("tokenizer.json"), Map.of("padding", "false"));
        }

        @Override
        public String answer(ByteBuf body) throws OrtException {
            int from = body.indexOf(dataIndex(body), body.writerIndex(), (byte) '"') + 1;
            int to = body.indexOf(from, body.writerIndex(), (byte) '"');
            var encoding = tokenizer.encode(body.toString(from, to - from, StandardCharsets.UTF_8));
            int tokens = encoding.getIds().length;
            var pinned = pinnedByTokens.get(tokens);
            if (pinned == null) {
                pinned = new Pinned(session, 1, tokens);
                pinnedByTokens.put(tokens, pinned);
            }
            pinned.longs("input_ids").put(encoding.getIds());
            pinned.longs("attention_mask").put(encoding.getAttentionMask());
            pinned.longs("token_type_ids").put(encoding.getTypeIds());
            pinned.run();
            Pooling.mean(pinned.floats("last_hidden_state"), 0, tokens, mean);
            answer.setLength(0);
            answer.append("{\"model_name\":\"minilm\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"embedding\","
                    + "\"datatype\":\"FP32\",\"shape\":[1,384],\"data\":[");
            for (int i = 0; i < Pooling.DIMENSIONS; i++) {
                answer.append(i == 0 ? "" : ",").append(mean[i]);
            }
            return answer.append("]}]}").toString();
        }
    }

    private NettyReference() {}
}
