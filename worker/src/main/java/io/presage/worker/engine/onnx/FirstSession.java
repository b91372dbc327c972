package io.presage.worker.engine.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.HexFormat;

/// The first session of a process makes ONNX Runtime register its operators, which takes about 10 MB and 100
/// ms. That is
/// the process's memory, not the first model's, so the first model is one of ours.
final class FirstSession {
    /// `y = Identity(x)`, FP32 [1]: IR version 8, opset 17.
    private static final byte[] IDENTITY = HexFormat.of()
            .parseHex(
                    "0808" // ir_version
                            + "3a37" // graph
                            + "0a10" + "0a0178" + "120179" + "22084964656e74697479" // node: x, y, Identity
                            + "120165" // name
                            + "5a0f" + "0a0178" + "120a0a0808011204" + "0a020801" // input x: FLOAT [1]
                            + "620f" + "0a0179" + "120a0a0808011204" + "0a020801" // output y
                            + "42021011"); // opset_import

    private FirstSession() {}

    static void open(OrtEnvironment environment) {
        try (var options = new SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            environment.createSession(IDENTITY, options).close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime refuses the simplest model. This is a bug.", e);
        }
    }
}
