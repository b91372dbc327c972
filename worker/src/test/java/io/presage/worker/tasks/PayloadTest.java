package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.messageOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class PayloadTest {
    private static final byte[] FILE = {'M', 'A', 'G', 'I', 'C', 1, 2, 3};

    @Test
    void file_rawBytes_areTakenAsTheyAre() {
        assertThat(read(FILE)).isSameAs(FILE);
    }

    @Test
    void file_base64_isDecoded() {
        assertThat(read(Base64.getEncoder().encode(FILE))).isEqualTo(FILE);
    }

    @Test
    void file_dataUrl_isDecoded() {
        String url = "data:image/png;base64," + Base64.getEncoder().encodeToString(FILE);

        assertThat(read(url.getBytes(StandardCharsets.US_ASCII))).isEqualTo(FILE);
    }

    @Test
    void file_notBase64_showsTheFirstBytes() {
        messageOf(() -> read("%PDF-1.7 and so on".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo("image[0]: 18 bytes that begin with 25 50 44 46 2d 31 2e 37, not base64 either"
                        + " (expected: a magic file, in JSON as base64)");
    }

    @Test
    void file_base64OfSomethingElse_showsItsFirstBytes() {
        messageOf(() -> read(Base64.getEncoder().encode(new byte[] {7, 8})))
                .isEqualTo("image[0]: 2 bytes that begin with 07 08, after base64"
                        + " (expected: a magic file, in JSON as base64)");
    }

    @Test
    void file_empty_isNamed() {
        messageOf(() -> read(new byte[0])).isEqualTo("image[0]: empty (expected: a magic file, in JSON as base64)");
    }

    @Test
    void elements_countOutOfRange_isRefused() {
        Tensor none = new Tensor.Bytes("image", Shape.of(0), List.of());
        Tensor three = new Tensor.Bytes("image", Shape.of(3), List.of(FILE, FILE, FILE));

        messageOf(() -> Payload.elements(none, 2)).isEqualTo("image: 0 rows (expected: 1..2)");
        messageOf(() -> Payload.elements(three, 2)).isEqualTo("image: 3 rows (expected: 1..2)");
    }

    private static byte[] read(byte[] element) {
        return Payload.file(
                "image[0]", element, bytes -> bytes.length > 4 && bytes[0] == 'M' && bytes[4] == 'C', "a magic file");
    }
}
