package io.presage.api.forward;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.AsciiString;
import io.vertx.core.MultiMap;
import java.util.List;

/// Writes the head of an HTTP/1.1 request. A character that has no place in a header's value becomes a space
/// (RFC 9110, section 5.5), so no value can end its line. Not thread-safe.
final class RequestHead {
    private static final int LINE_END = '\r' << 8 | '\n';
    private static final int SEPARATOR = ':' << 8 | ' ';

    private final ByteBuf to;

    /// Begins with the request line. `method` and `path` are the gateway's own.
    RequestHead(ByteBuf to, CharSequence method, CharSequence path) {
        this.to = to;
        ascii(method);
        to.writeByte(' ');
        ascii(path);
        ascii(VERSION);
        end();
    }

    private static final AsciiString VERSION = AsciiString.cached(" HTTP/1.1");

    RequestHead header(CharSequence name, CharSequence value) {
        ascii(name);
        to.writeShort(SEPARATOR);
        value(value);
        end();
        return this;
    }

    RequestHead header(CharSequence name, long value) {
        ascii(name);
        to.writeShort(SEPARATOR);
        ascii(Long.toString(value));
        end();
        return this;
    }

    /// Those of `names` that `from` has.
    RequestHead copy(List<CharSequence> names, MultiMap from) {
        for (var name : names) {
            String value = from.get(name);
            if (value != null) {
                header(name, value);
            }
        }
        return this;
    }

    /// The empty line.
    void end() {
        to.writeShort(LINE_END);
    }

    private void ascii(CharSequence text) {
        ByteBufUtil.writeAscii(to, text);
    }

    private void value(CharSequence text) {
        int length = text.length();
        to.ensureWritable(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            to.writeByte((c < ' ' && c != '\t') || c == 0x7f ? ' ' : c > 0xff ? '?' : c);
        }
    }
}
