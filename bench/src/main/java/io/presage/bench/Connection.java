package io.presage.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.presage.contract.http.Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.Locale;

/// A keep-alive connection to a server that sends one request again and again: for what wrk cannot tell, such as
/// how long refusals take. One thread.
final class Connection implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] request;

    Connection(WorkerStand worker, String model, Call call) throws IOException {
        this(
                worker.port(),
                WorkerStand.path(model),
                List.of(Headers.SERVICE_SECRET + ": " + RegistryStand.SECRET),
                call);
    }

    /// @param headers `Name: value`, beside what the call needs
    Connection(int port, String path, List<String> headers, Call call) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        out = socket.getOutputStream();
        var head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        call.headers().forEach(header -> head.append(header).append("\r\n"));
        headers.forEach(header -> head.append(header).append("\r\n"));
        head.append("Content-Length: " + call.body().length + "\r\n\r\n");
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.toString().getBytes(ISO_8859_1));
        bytes.writeBytes(call.body());
        request = bytes.toByteArray();
    }

    /// Sends the request and reads the whole answer; its status.
    int call() throws IOException {
        out.write(request);
        int status = Integer.parseInt(line().split(" ", -1)[1]);
        int length = 0;
        for (var header = line(); !header.isEmpty(); header = line()) {
            if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        header.substring("content-length:".length()).strip());
            }
        }
        in.skipNBytes(length);
        return status;
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
