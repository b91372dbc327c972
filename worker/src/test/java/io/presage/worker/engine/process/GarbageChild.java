package io.presage.worker.engine.process;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.TensorSpec;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/// A child whose model has taken it over: it greets and loads as it should, and answers runs with noise.
final class GarbageChild {
    private GarbageChild() {}

    public static void main(String[] arguments) throws Exception {
        var word = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII)).readLine();
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(arguments[2]));
        var frame = new Frame(1 << 20);
        frame.begin(Frame.HELLO).putText(String.valueOf(word)).send(channel);
        frame.receive(channel);
        var specs = List.of(new TensorSpec("x", DataType.FP32, List.of(-1L)));
        frame.begin(Frame.LOADED)
                .putInt(0)
                .putInt(1)
                .putSpecs(specs)
                .putSpecs(specs)
                .send(channel);
        frame.receive(channel);
        var noise = new byte[1 << 16];
        new Random(1).nextBytes(noise);
        channel.write(ByteBuffer.wrap(noise));
        Thread.currentThread().join();
    }
}
