package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException.OrtErrorCode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Messages as ONNX Runtime 1.29 writes them.
class OnnxFailuresTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ORT_FAIL | Fatal error: com.acme:Warp(-1) is not a registered function/op"
                        + " | unsupported-operator | operator Warp of domain com.acme, opset -1:",
                "ORT_INVALID_GRAPH | This is an invalid model. In Node, (\"n\", Frob, \"\", -1) : No Op registered for"
                        + " Frob with domain_version of 17 | unsupported-operator | operator Frob, opset 17:",
                "ORT_NOT_IMPLEMENTED | Could not find an implementation for Trilu(14) node with name 'a'"
                        + " | unsupported-operator | operator Trilu, opset 14:",
                "ORT_NOT_IMPLEMENTED | Failed to find kernel for float8 | unsupported-operator | Failed to find",
                "ORT_FAIL | ONNX Runtime only *guarantees* support for models stamped with official released onnx"
                        + " opset versions. Opset 99 is under development | unsupported-opset | ONNX Runtime only",
                "ORT_FAIL | Unsupported model IR version: 99, max supported IR version: 11"
                        + " | unsupported-opset | Unsupported model IR version: 99",
                "ORT_RUNTIME_EXCEPTION | Exception during initialization: std::bad_alloc | out-of-memory | Exception",
                "ORT_FAIL | bfc_arena.cc: Failed to allocate memory for requested buffer of size 4294967296"
                        + " | out-of-memory | bfc_arena.cc",
                "ORT_NO_SUCHFILE | Load model from a.onnx failed. File doesn't exist | missing-file | Load model",
                "ORT_FAIL | External data path does not exist: weights.bin | missing-file | External data path",
                "ORT_INVALID_PROTOBUF | Protobuf parsing failed. | corrupt-model | Protobuf parsing failed.",
                "ORT_INVALID_GRAPH | Type Error: Type parameter (T) bound to different types"
                        + " | corrupt-model | Type Error",
                "ORT_EP_FAIL | CUDA failure 100: no CUDA-capable device | engine-failure | CUDA failure 100",
            })
    void cards(OrtErrorCode code, String message, String cause, String evidence) {
        var card = OnnxFailures.card(code, message);
        assertThat(card.phase()).isEqualTo("load");
        assertThat(card.cause()).isEqualTo(cause);
        assertThat(card.evidence()).startsWith(evidence);
        assertThat(card.fix()).isNotBlank();
    }
}
