package io.github.clip4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serial;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Downloads files of a repository by the hub's protocol (huggingface_hub `file_download.py`): a HEAD request tells commit, etag and size;
/// redirects are followed by hand, so that the token stays with the hub; the content is written beside its name, resumed where an earlier
/// attempt ended, checked against the etag's hash, and renamed.
final class HubClient {
    private static final int MAX_REDIRECTS = 10;
    private static final int ATTEMPTS = 4;
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    /// Of a file whose size the hub does not say: those are texts.
    private static final long MAX_UNKNOWN_SIZE = 100_000_000;

    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final Pattern SIZE = Pattern.compile("[0-9]{1,18}");
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private static final ReentrantLock IN_PROCESS = new ReentrantLock();

    private final HubSettings settings;
    private final HubCache cache;
    private final HttpClient http;
    private final Duration pause;
    private final Duration patience;

    HubClient(HubSettings settings) {
        this(settings, Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    /// @param pause before the second attempt; it doubles with each
    /// @param patience how long nothing may come, neither an answer nor the next bytes of its body
    HubClient(HubSettings settings, Duration pause, Duration patience) {
        this.patience = patience;
        this.settings = settings;
        this.cache = new HubCache(settings.cache());
        this.pause = pause;
        this.http = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(30))
                .proxy(settings.proxies())
                .build();
    }

    /// What the hub says of a file.
    ///
    /// @param size of its content, if it says so
    /// @param location where its content is
    record Metadata(String commit, String etag, OptionalLong size, URI location) {}

    /// Downloads one file of a revision unless the cache has it.
    ///
    /// @return the file in the cache's snapshot; empty when the repository has no such file
    /// @throws HubException when it cannot be downloaded, or came damaged
    Optional<Path> download(String repository, String revision, String file, HubProgress progress) throws IOException {
        HubCache.requireRepository(repository);
        HubCache.requireRevision(revision);
        HubCache.requireFile(file);
        if (settings.offline()) {
            return cache.find(repository, revision).map(snapshot -> snapshot.resolve(file)).filter(Files::isRegularFile);
        }
        String where = "%s@%s/%s".formatted(repository, revision, file);
        try {
            Optional<Metadata> found = retrying(where, () -> metadata(repository, revision, file, where));
            if (found.isEmpty()) {
                return Optional.empty();
            }
            Metadata metadata = found.get();
            Path blob = cache.blob(repository, metadata.etag);
            Files.createDirectories(blob.getParent());
            fetchOnce(metadata, repository, blob, where, progress, () -> {
                cache.link(repository, metadata.commit, file, metadata.etag);
                cache.writeRef(repository, revision, metadata.commit);
            });
            return Optional.of(cache.snapshot(repository, metadata.commit).resolve(file));
        } catch (AccessDeniedException e) {
            throw new HubException(
                    "%s: the cache %s cannot be written; set HF_HUB_CACHE to another directory".formatted(where, settings.cache()), e);
        } catch (FileSystemException e) {
            throw new HubException("%s: the cache %s cannot be written: %s".formatted(where, settings.cache(), e.getMessage()), e);
        }
    }

    /// Two threads or processes that want the same content wait for each other; the second finds it there.
    private void fetchOnce(Metadata metadata, String repository, Path blob, String where, HubProgress progress, Publication publish)
            throws IOException {
        IN_PROCESS.lock(); // a lock on a file holds other processes off, not other threads
        HubCache.Lock lock = null;
        try {
            lock = cache.lock(repository, metadata.etag);
            if (!Files.isRegularFile(blob)) {
                retrying(where, () -> {
                    fetch(metadata, blob, where, progress);
                    return Optional.empty();
                });
            }
            publish.run();
        } finally {
            if (lock != null) {
                lock.close();
            }
            IN_PROCESS.unlock();
        }
    }

    /// Makes content visible under its name.
    private interface Publication {
        void run() throws IOException;
    }

    /// A step of a download.
    private interface Step<T> {
        Optional<T> run() throws IOException, InterruptedException;
    }

    /// A failure that may pass.
    private static final class PassingException extends IOException {
        @Serial
        private static final long serialVersionUID = 1;

        PassingException(String message) {
            super(message);
        }
    }

    /// Repeats a step whose failure may pass: a cut connection, a busy server.
    private <T> Optional<T> retrying(String where, Step<T> step) throws IOException {
        Duration wait = pause;
        for (int attempt = 1; ; attempt++) {
            try {
                return step.run();
            } catch (HubException | FileSystemException e) {
                throw e;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw new HubException(
                            "%s: %s, after %d attempts; what came is kept and will be resumed".formatted(where, message(e), ATTEMPTS), e);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HubException(where + ": interrupted; what came is kept and will be resumed", e);
            }
            sleep(wait, where);
            wait = wait.multipliedBy(2);
        }
    }

    private static String message(IOException e) {
        return e.getMessage() == null ? "the connection failed (" + e.getClass().getSimpleName() + ")" : e.getMessage();
    }

    private static void sleep(Duration wait, String where) throws HubException {
        try {
            Thread.sleep(wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException(where + ": interrupted", e);
        }
    }

    private HttpRequest.Builder request(URI uri) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(patience)
                .header("User-Agent", "clip4j")
                .header("Accept-Encoding", "identity");
        if (sameOrigin(uri, settings.endpoint())) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request;
    }

    private static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equalsIgnoreCase(b.getScheme()) && a.getHost().equalsIgnoreCase(b.getHost()) && port(a) == port(b);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }

    private static String encoded(String path) {
        return Stream.of(path.split("/", -1))
                .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }

    /// The first answer that has a commit or leads to another origin tells all: a hub redirects large files to a store, which knows neither
    /// commit nor hash. Redirects within the hub are renamed repositories.
    private Optional<Metadata> metadata(String repository, String revision, String file, String where)
            throws IOException, InterruptedException {
        URI uri = URI.create("%s/%s/resolve/%s/%s".formatted(
                settings.endpoint(), encoded(repository), URLEncoder.encode(revision, StandardCharsets.UTF_8).replace("%2F", "/"),
                encoded(file)));
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            HttpRequest head = request(uri).method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
            HttpResponse<Void> response = http.send(head, HttpResponse.BodyHandlers.discarding());
            int status = response.statusCode();
            HttpHeaders headers = response.headers();
            if (status >= 300 && status < 400) {
                URI next = redirect(uri, headers, where);
                if (!sameOrigin(next, uri)) {
                    return Optional.of(metadata(headers, next, where));
                }
                uri = next;
                continue;
            }
            if (status == OK) {
                return Optional.of(metadata(headers, uri, where));
            }
            if (status == 404 && headers.firstValue("X-Error-Code").orElse("").equals("EntryNotFound")) {
                return Optional.empty();
            }
            throw failure(status, headers, repository, revision, where);
        }
        throw new HubException("%s: expected the file after at most %d redirects, got another".formatted(where, MAX_REDIRECTS));
    }

    static URI redirect(URI from, HttpHeaders headers, String where) throws HubException {
        String location = headers.firstValue("Location")
                .orElseThrow(() -> new HubException(where + ": expected the Location of a redirect, got none"));
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new HubException("%s: expected an address to be redirected to, got '%s'".formatted(where, location), e);
        }
        if (to.getHost() == null || to.getScheme() == null || !to.getScheme().toLowerCase(Locale.ROOT).matches("https?")) {
            throw new HubException("%s: expected to be redirected to http or https, got '%s'".formatted(where, location));
        }
        if (from.getScheme().equalsIgnoreCase("https") && !to.getScheme().equalsIgnoreCase("https")) {
            throw new HubException("%s: expected to stay with https, got a redirect to %s://%s"
                    .formatted(where, to.getScheme(), to.getHost()));
        }
        return to;
    }

    private static Metadata metadata(HttpHeaders headers, URI location, String where) throws HubException {
        String commit = headers.firstValue("X-Repo-Commit").orElseThrow(() -> new HubException(
                where + ": expected the header X-Repo-Commit, got none; does HF_ENDPOINT name a hub, or does a proxy answer for it?"));
        String etag = headers.firstValue("X-Linked-Etag").or(() -> headers.firstValue("ETag")).orElseThrow(() -> new HubException(
                where + ": expected the header ETag, got none; the content could not be checked"));
        Optional<String> size = headers.firstValue("X-Linked-Size").or(() -> headers.firstValue("Content-Length"));
        OptionalLong bytes = size.isEmpty() ? OptionalLong.empty() : OptionalLong.of(requireSize(size.get(), where));
        return new Metadata(HubCache.requireCommit(commit, where), HubCache.requireEtag(etag, where), bytes, location);
    }

    private static long requireSize(String text, String where) throws HubException {
        if (!SIZE.matcher(text).matches()) {
            throw new HubException("%s: expected a size in bytes, got '%s'".formatted(where, text));
        }
        return Long.parseLong(text);
    }

    private IOException failure(int status, HttpHeaders headers, String repository, String revision, String where) {
        String code = headers.firstValue("X-Error-Code").orElse("");
        if (status == 429 || status >= 500) {
            return new PassingException("the hub answered " + status);
        }
        return new HubException(switch (code) {
            case "RepoNotFound" ->
                "%s: there is no repository %s, or it is private; set HF_TOKEN to a token that may read it".formatted(where, repository);
            case "RevisionNotFound" -> "%s: the repository %s has no revision %s".formatted(where, repository, revision);
            case "GatedRepo" ->
                "%s: %s is gated; accept its terms on the hub's page of it, and set HF_TOKEN to your token".formatted(where, repository);
            default -> switch (status) {
                case 401 -> "%s: the hub wants a token it knows; set HF_TOKEN".formatted(where);
                case 403 -> "%s: access is denied%s"
                        .formatted(where, settings.token().isEmpty() ? "; set HF_TOKEN" : " to the holder of HF_TOKEN");
                default -> "%s: expected the file, the hub answered %d".formatted(where, status);
            };
        });
    }

    /// Downloads the content to `blob`.
    private void fetch(Metadata metadata, Path blob, String where, HubProgress progress) throws IOException, InterruptedException {
        Path incomplete = blob.resolveSibling(blob.getFileName() + ".incomplete");
        long there = Files.isRegularFile(incomplete) ? Files.size(incomplete) : 0;
        if (there > metadata.size.orElse(Long.MAX_VALUE)) {
            Files.delete(incomplete);
            there = 0;
        }
        if (there == 0 || metadata.size.isEmpty() || there != metadata.size.getAsLong()) {
            there = get(metadata, incomplete, there, where, progress);
        }
        if (metadata.size.isEmpty() && there > MAX_UNKNOWN_SIZE) {
            Files.delete(incomplete);
            throw new HubException("%s: expected at most %,d bytes, as the hub does not say how many, got more"
                    .formatted(where, MAX_UNKNOWN_SIZE));
        }
        if (metadata.size.isPresent() && there != metadata.size.getAsLong()) {
            if (there > metadata.size.getAsLong()) {
                Files.delete(incomplete);
            }
            throw new PassingException("expected %,d bytes, got %,d".formatted(metadata.size.getAsLong(), there));
        }
        if (!HubCache.hash(incomplete, metadata.etag).equals(metadata.etag)) {
            Files.delete(incomplete);
            throw new HubException(
                    "%s: the content does not have the hash %s that the hub names; it was deleted, try again"
                            .formatted(where, metadata.etag));
        }
        Files.move(incomplete, blob, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Appends what is missing, and returns the size of the file then.
    private long get(Metadata metadata, Path incomplete, long there, String where, HubProgress progress)
            throws IOException, InterruptedException {
        URI uri = metadata.location;
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            HttpRequest.Builder request = request(uri).GET();
            if (there > 0) {
                request.header("Range", "bytes=" + there + "-");
            }
            HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = new WatchedBody(response.body(), patience)) {
                int status = response.statusCode();
                if (status >= 300 && status < 400) {
                    uri = redirect(uri, response.headers(), where);
                    continue;
                }
                if (status == RANGE_NOT_SATISFIABLE) {
                    Files.deleteIfExists(incomplete);
                    throw new PassingException("the store has less than the %,d bytes that were there; they were deleted".formatted(there));
                }
                if (status != OK && status != PARTIAL) {
                    throw failure(status, response.headers(), where, "", where);
                }
                requireRange(response, there, where);
                return append(body, incomplete, status == PARTIAL ? there : 0, metadata.size, where, progress);
            }
        }
        throw new HubException("%s: expected the content after at most %d redirects, got another".formatted(where, MAX_REDIRECTS));
    }

    /// A partial answer must begin where the file ends, and must not claim another size than was promised.
    private static void requireRange(HttpResponse<?> response, long there, String where) throws HubException {
        if (response.statusCode() != PARTIAL) {
            return;
        }
        String range = response.headers().firstValue("Content-Range").orElse("");
        Matcher matcher = CONTENT_RANGE.matcher(range);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != there) {
            throw new HubException("%s: expected the content from byte %d on, got the range '%s'".formatted(where, there, range));
        }
    }

    private static long append(InputStream body, Path incomplete, long from, OptionalLong size, String where, HubProgress progress)
            throws IOException {
        long done = from;
        try (OutputStream out = from > 0
                ? Files.newOutputStream(incomplete, StandardOpenOption.WRITE, StandardOpenOption.APPEND)
                : Files.newOutputStream(
                        incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            byte[] chunk = new byte[1 << 16];
            for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
                out.write(chunk, 0, n);
                done += n;
                progress.report(where, done, size);
                if (done > size.orElse(MAX_UNKNOWN_SIZE)) {
                    break; // longer than promised: the caller deletes it
                }
            }
        }
        return done;
    }
}
