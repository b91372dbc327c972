package io.presage.api.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestHeadTest {
    private static String value(String value) {
        var to = Unpooled.buffer(1);
        new RequestHead(to, "GET", "/").header("A", value);
        String text = to.toString(StandardCharsets.ISO_8859_1);
        assertThat(text).startsWith("GET / HTTP/1.1\r\nA: ").endsWith("\r\n");
        return text.substring("GET / HTTP/1.1\r\nA: ".length(), text.length() - 2);
    }

    @Test
    void head_asOnTheWire() {
        var to = Unpooled.buffer();
        new RequestHead(to, "POST", "/v2/models/m/infer")
                .header("Host", "h:1")
                .header("Content-Length", 9_999_999_999L)
                .end();
        assertThat(to.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo("POST /v2/models/m/infer HTTP/1.1\r\nHost: h:1\r\nContent-Length: 9999999999\r\n\r\n");
    }

    @Test
    void copy_takesThoseThatAreThere() {
        var to = Unpooled.buffer();
        var from = MultiMap.caseInsensitiveMultiMap().add("accept", "a").add("other", "b");
        new RequestHead(to, "GET", "/").copy(List.of("Accept", "Content-Type"), from);
        assertThat(to.toString(StandardCharsets.ISO_8859_1)).isEqualTo("GET / HTTP/1.1\r\nAccept: a\r\n");
    }

    @Test
    void valueThatWouldEndItsLine_doesNot() {
        assertThat(value("a\r\nEvil: 1\r\n\r\nGET /b HTTP/1.1")).isEqualTo("a  Evil: 1    GET /b HTTP/1.1");
        assertThat(value("a\0b\u007fc\tdé")).isEqualTo("a b c\tdé");
    }

    @Test
    void characterBeyondLatin1_isAQuestionMark() {
        // Their low bytes are CR and LF.
        assertThat(value("\u010d\u010a語\ud83d\ude00")).isEqualTo("?????");
    }

    @Test
    void emptyValue() {
        assertThat(value("")).isEmpty();
    }
}
