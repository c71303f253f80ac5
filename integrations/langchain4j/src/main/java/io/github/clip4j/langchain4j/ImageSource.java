package io.github.clip4j.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLConnection;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Where the bytes of langchain4j's images come from.
///
/// @param allowsFiles whether `file:` URLs are read
/// @param allowsRemote whether `http:` and `https:` URLs are fetched
record ImageSource(boolean allowsFiles, boolean allowsRemote) {
    /// The largest image that is fetched.
    private static final int MAX_REMOTE_BYTES = 64 << 20;

    private static final int TIMEOUT_MILLIS = 20_000;

    /// How an image is had and then decoded. The supplier is asked on the caller's thread, and may wait for a network. What it returns is
    /// called on a thread of the model, which must not wait, because other callers wait for it. What is not allowed is refused at once.
    ///
    /// @param where `inputs[3]`, for messages
    Supplier<Callable<Image>> of(dev.langchain4j.data.image.Image image, String where) {
        String base64 = image.base64Data();
        if (base64 != null) {
            return () -> () -> ImageFile.readDataUrl("data:;base64," + base64, where, ImageOptions.defaults());
        }
        URI url = image.url();
        if (url == null) {
            throw new InvalidRequestException(where + ": expected an image with base64 data or a URL, got neither");
        }
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        return switch (scheme) {
            case "data" -> () -> () -> ImageFile.readDataUrl(url.toString(), where, ImageOptions.defaults());
            case "file" -> {
                require(allowsFiles, where, "a file: URL", "ImageContent.from(Path, mimeType)");
                Path path = path(url, where);
                yield () -> () -> ImageFile.read(bytes(path, where), where + " (" + path.getFileName() + ")", ImageOptions.defaults());
            }
            case "http", "https" -> {
                require(allowsRemote, where, "a remote URL", "allowRemote(true), or fetch it and give its bytes");
                yield () -> {
                    try {
                        byte[] bytes = fetched(url, where);
                        return () -> ImageFile.read(bytes, where, ImageOptions.defaults());
                    } catch (InvalidRequestException e) { // one bad URL costs the other images nothing
                        return () -> {
                            throw e;
                        };
                    }
                };
            }
            case "" -> throw new InvalidRequestException(
                    "%s: expected a URL, got '%s'; a file is given by ImageContent.from(Path, mimeType)".formatted(where, url));
            default -> throw new InvalidRequestException(
                    "%s: expected a data:, file:, http: or https: URL, got '%s:'".formatted(where, scheme));
        };
    }

    private static void require(boolean allowed, String where, String what, String instead) {
        if (!allowed) {
            throw new InvalidRequestException("%s: %s is not allowed by this embedding model; use %s".formatted(where, what, instead));
        }
    }

    private static Path path(URI url, String where) {
        try {
            return Path.of(url);
        } catch (IllegalArgumentException e) { // a host, a fragment …
            throw new InvalidRequestException("%s: expected a file: URL of this machine: %s".formatted(where, e.getMessage()), e);
        }
    }

    private static byte[] bytes(Path path, String where) throws IOException {
        if (!Files.isRegularFile(path)) { // a device may have no end
            throw new InvalidRequestException("%s: expected an image file, got %s at %s".formatted(
                    where, Files.isDirectory(path) ? "a folder" : Files.exists(path) ? "something else" : "nothing", path));
        }
        return Files.readAllBytes(path);
    }

    private static byte[] fetched(URI url, String where) {
        String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        String place = url.getScheme() + "://" + url.getHost() + port + url.getPath(); // a query may hold a secret
        try {
            return read(url, "%s: expected an image at %s, got ".formatted(where, place));
        } catch (SocketTimeoutException e) {
            throw new InvalidRequestException("%s: expected an image at %s within %d s, got no answer"
                    .formatted(where, place, TIMEOUT_MILLIS / 1000), e);
        } catch (UnknownHostException e) {
            throw new InvalidRequestException("%s: expected an image at %s, got no server of that name".formatted(where, place), e);
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidRequestException("%s: expected an image at %s: %s".formatted(where, place, e.getMessage()), e);
        }
    }

    /// @param got the beginning of a message
    private static byte[] read(URI url, String got) throws IOException {
        URLConnection connection = url.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        if (connection instanceof HttpURLConnection http && http.getResponseCode() >= HttpURLConnection.HTTP_BAD_REQUEST) {
            throw new InvalidRequestException(got + "HTTP status " + http.getResponseCode());
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (InputStream in = connection.getInputStream()) {
            byte[] part = new byte[1 << 16];
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                bytes.write(part, 0, n);
                if (bytes.size() > MAX_REMOTE_BYTES) {
                    throw new InvalidRequestException(got + "more than " + MAX_REMOTE_BYTES + " bytes");
                }
                if (System.nanoTime() - end > 0) {
                    throw new InvalidRequestException(got + "not all of it within " + TIMEOUT_MILLIS / 1000 + " s");
                }
            }
        }
        return bytes.toByteArray();
    }
}
