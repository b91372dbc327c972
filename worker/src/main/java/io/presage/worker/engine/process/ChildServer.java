package io.presage.worker.engine.process;

import io.presage.contract.infer.Signature;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The child's side. It loads one model, tells the parent of it, and runs what comes. It hears from the parent on
/// its standard input: first the word by which it makes itself known, then a line for each further view that is
/// wanted; the end of that input is the end of the parent, and of the child.
public final class ChildServer {
    private static final int ORDER_BYTES_MAX = 1 << 20;
    private static final int WORD_CHARS_MAX = 4000;

    private final UnixDomainSocketAddress parent;
    private final int frameBytesMax;
    private final String word;

    /// Makes the engine, in the child.
    @FunctionalInterface
    public interface Opening {
        Engine open() throws LoadException;
    }

    private ChildServer(Path socket, int frameBytesMax, String word) {
        this.parent = UnixDomainSocketAddress.of(socket);
        this.frameBytesMax = frameBytesMax;
        this.word = word;
    }

    /// Serves until the parent goes; never returns.
    public static void serve(Path socket, int frameBytesMax, Opening opening) throws IOException {
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        var word = orders.readLine();
        if (word == null) {
            Runtime.getRuntime().halt(0);
        }
        var server = new ChildServer(socket, frameBytesMax, String.valueOf(word));
        var root = server.load(opening);
        while (orders.readLine() != null) {
            server.runApart(
                    root.share().orElseThrow(() -> new IllegalStateException("not shareable")), server.connect());
        }
        // Without closing anything: the memory goes with the process, and natives may be in any state.
        Runtime.getRuntime().halt(0);
    }

    private SocketChannel connect() throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(parent);
        new Frame(frameBytesMax).begin(Frame.HELLO).putText(word).send(channel);
        return channel;
    }

    /// The first connection: an order, the answer to it, then the runs of the first view.
    private LoadedModel load(Opening opening) throws IOException {
        var channel = connect();
        var frame = new Frame(frameBytesMax);
        frame.receive(channel);
        var order = LoadOrder.parse(frame.readText(ORDER_BYTES_MAX));
        try {
            var root = opening.open().load(order.modelPackage(), order.plan());
            var view = root.share();
            answer(frame, root.signature(), view.isPresent());
            frame.send(channel);
            runApart(view.orElse(root), channel);
            return root;
        } catch (LoadException e) {
            refuse(frame, e.failure());
        } catch (OutOfMemoryError e) {
            refuse(
                    frame,
                    new Failure(
                            "load",
                            "out-of-memory",
                            String.valueOf(e),
                            "Raise worker.engines.child.heap-max, or use a smaller model."));
        } catch (RuntimeException | LinkageError e) {
            refuse(frame, new Failure("load", "engine-failure", String.valueOf(e), "See the worker's log for more."));
        }
        frame.send(channel);
        Runtime.getRuntime().halt(0);
        throw new IllegalStateException("halted. This is a bug.");
    }

    private static void answer(Frame frame, Signature signature, boolean isShareable) throws IOException {
        frame.begin(Frame.LOADED)
                .putInt(isShareable ? 1 : 0)
                .putInt(signature.batchable() ? 1 : 0)
                .putSpecs(signature.inputs())
                .putSpecs(signature.outputs());
    }

    private static void refuse(Frame frame, Failure failure) throws IOException {
        frame.begin(Frame.REFUSED)
                .putText(cut(failure.phase()))
                .putText(cut(failure.cause()))
                .putText(cut(failure.evidence()))
                .putText(cut(failure.fix()));
    }

    private void runApart(LoadedModel view, SocketChannel channel) {
        Thread.ofPlatform().name("runner").daemon(true).start(() -> run(view, channel));
    }

    private void run(LoadedModel view, SocketChannel channel) {
        var in = new Frame(frameBytesMax);
        var out = new Frame(frameBytesMax);
        try {
            while (true) {
                in.receive(channel);
                var inputs = in.readTensors(view.signature().inputs());
                try {
                    out.begin(Frame.OUTPUTS).putTensors(view.run(inputs));
                } catch (ProblemException e) {
                    problem(out, e.problem(), e.detail());
                } catch (RuntimeException | FrameException e) {
                    problem(out, Problem.ENGINE_FAILED, String.valueOf(e));
                }
                out.send(channel);
            }
        } catch (IOException _) {
            // The parent closed this view; if the parent itself is gone, standard input says so.
            view.close();
        }
    }

    private static void problem(Frame out, Problem problem, String detail) throws IOException {
        out.begin(Frame.PROBLEM).putText(problem.name()).putText(cut(detail));
    }

    private static String cut(String text) {
        return text.length() <= WORD_CHARS_MAX ? text : text.substring(0, WORD_CHARS_MAX);
    }
}
