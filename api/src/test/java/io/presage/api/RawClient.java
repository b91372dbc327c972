package io.presage.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/// Sends bytes as they are and reads whatever comes, until the server closes or is silent.
final class RawClient implements AutoCloseable {
    private final Socket socket;

    RawClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    /// Everything up to the end of the connection; fails if it does not end within 10 s.
    String readToEnd() throws IOException {
        socket.setSoTimeout(10_000);
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /// Until `text` was seen; fails if it does not come within 10 s.
    String readUntil(String text) throws IOException {
        socket.setSoTimeout(10_000);
        var bytes = new ByteArrayOutputStream();
        while (!bytes.toString(StandardCharsets.ISO_8859_1).contains(text)) {
            int next;
            try {
                next = socket.getInputStream().read();
            } catch (SocketTimeoutException e) {
                throw new AssertionError("waited in vain for " + text + " after: " + bytes, e);
            }
            if (next == -1) {
                throw new AssertionError("closed before " + text + ": " + bytes);
            }
            bytes.write(next);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
