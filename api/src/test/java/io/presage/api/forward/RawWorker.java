package io.presage.api.forward;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/// A worker that does byte for byte what its test says, on the test's thread. It waits for nothing longer than
/// 10 s.
final class RawWorker implements AutoCloseable {
    private static final int WAIT_MILLIS = 10_000;

    private final ServerSocket socket = new ServerSocket();

    RawWorker() throws IOException {
        // Small, so that what is not read stays at the sender.
        socket.setReceiveBufferSize(65_536);
        socket.setSoTimeout(WAIT_MILLIS);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    int port() {
        return socket.getLocalPort();
    }

    /// The next connection.
    Peer accept() throws IOException {
        return new Peer(socket.accept());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static final class Peer implements AutoCloseable {
        private final Socket socket;

        Peer(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(WAIT_MILLIS);
            socket.setTcpNoDelay(true);
        }

        /// The next request's head, with its empty line.
        String head() throws IOException {
            var head = new ByteArrayOutputStream();
            String text = "";
            while (!text.endsWith("\r\n\r\n")) {
                int next = socket.getInputStream().read();
                if (next < 0) {
                    throw new IOException("closed within a head: '" + text + "'");
                }
                head.write(next);
                text = head.toString(StandardCharsets.ISO_8859_1);
            }
            return text;
        }

        String body(int bytes) throws IOException {
            return new String(socket.getInputStream().readNBytes(bytes), StandardCharsets.ISO_8859_1);
        }

        /// In one piece.
        void say(String bytes) throws IOException {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        }

        /// A 200 with a length.
        void answer(String body) throws IOException {
            say("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        }

        /// Waits until the gateway closes the connection; what it still sends is dropped.
        void awaitClosed() throws IOException {
            try {
                while (socket.getInputStream().skip(65_536) > 0
                        || socket.getInputStream().read() >= 0) {
                    // To its end.
                }
            } catch (SocketException _) {
                // Closed with something unread.
            }
        }

        /// Closes after what it said.
        void hangUp() throws IOException {
            socket.close();
        }

        /// Closes as a process that died does.
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
