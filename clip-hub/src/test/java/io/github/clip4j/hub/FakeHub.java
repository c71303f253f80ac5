package io.github.clip4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/// A server on the loopback interface that behaves as a test tells it to.
final class FakeHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private final HttpServer server;
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    volatile Handler handler = exchange -> status(exchange, 500);

    /// What happens to a request.
    interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    FakeHub() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            String token = exchange.getRequestHeaders().getFirst("Authorization");
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + (range == null ? "" : " " + range)
                    + (token == null ? "" : " with token"));
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.start();
    }

    URI uri() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    long count(Predicate<String> request) {
        synchronized (requests) {
            return requests.stream().filter(request).count();
        }
    }

    static void status(HttpExchange exchange, int status, String... headers) throws IOException {
        for (int i = 0; i < headers.length; i += 2) {
            exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
        }
        exchange.sendResponseHeaders(status, -1);
    }

    /// Answers HEAD with what the hub says, and GET with `sent`, which may be another content.
    static Handler file(byte[] content, byte[] sent) {
        return exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                head(exchange, 200, content);
            } else {
                body(exchange, sent, true);
            }
        };
    }

    static Handler file(byte[] content) {
        return file(content, content);
    }

    static void head(HttpExchange exchange, int status, byte[] content, String... headers) throws IOException {
        exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
        exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
        exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
        status(exchange, status, headers);
    }

    /// The content, or the part that was asked for.
    static void body(HttpExchange exchange, byte[] content, boolean ranges) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = 0;
        if (ranges && range != null) {
            from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
            if (from >= content.length) {
                status(exchange, 416);
                return;
            }
            exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
        }
        byte[] rest = Arrays.copyOfRange(content, from, content.length);
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, rest.length == 0 ? -1 : rest.length);
        exchange.getResponseBody().write(rest);
    }

    /// Promises all of the content and cuts the connection after some of it.
    static void cut(HttpExchange exchange, byte[] content, int after) throws IOException {
        exchange.sendResponseHeaders(200, content.length);
        OutputStream out = exchange.getResponseBody();
        out.write(content, 0, after);
        out.flush();
        throw new IOException("cut");
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
