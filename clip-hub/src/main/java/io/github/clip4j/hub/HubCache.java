package io.github.clip4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// The cache that Hugging Face's tools share (huggingface_hub, guide "Understand caching").
///
/// ```
/// models--OWNER--NAME/blobs/ETAG            the content of files
///                    /snapshots/COMMIT/…    links to it under the repository's names
///                    /refs/REVISION         the commit that a branch or tag stood at
/// .locks/models--OWNER--NAME/ETAG.lock
/// ```
final class HubCache {
    private static final Pattern REPOSITORY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{40}([0-9a-f]{24})?");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,200}");

    private final Path root;

    HubCache(Path root) {
        this.root = root;
    }

    /// Whether `text` may be the name of a repository, `owner/name`.
    static boolean isRepository(String text) {
        return REPOSITORY.matcher(text).matches() && !text.contains("..") && !text.contains("--");
    }

    static String requireRepository(String text) {
        if (!isRepository(text)) {
            throw new IllegalArgumentException("repository: expected a name such as openai/clip-vit-base-patch32, got '" + text + "'");
        }
        return text;
    }

    static String requireRevision(String text) {
        if (!REVISION.matcher(text).matches() || text.contains("..")) {
            throw new IllegalArgumentException("revision: expected a branch, a tag or a commit, got '" + text + "'");
        }
        return text;
    }

    /// A commit as a server sent it: it becomes the name of a directory.
    static String requireCommit(String text, String where) throws HubException {
        if (!COMMIT.matcher(text).matches()) {
            throw new HubException("%s: expected a commit of 40 hexadecimal digits, got '%s'".formatted(where, excerpt(text)));
        }
        return text;
    }

    /// An etag as a server sent it: it becomes the name of a file, and is its SHA-256 or git's SHA-1.
    static String requireEtag(String text, String where) throws HubException {
        String etag = text.startsWith("W/") ? text.substring(2) : text;
        etag = etag.length() > 1 && etag.startsWith("\"") && etag.endsWith("\"") ? etag.substring(1, etag.length() - 1) : etag;
        if (!HEX.matcher(etag).matches()) {
            throw new HubException("%s: expected an etag of 40 or 64 hexadecimal digits, got '%s'".formatted(where, excerpt(text)));
        }
        return etag;
    }

    private static String excerpt(String text) {
        return (text.length() > 80 ? text.substring(0, 80) + "…" : text).replaceAll("\\p{Cntrl}", "?");
    }

    /// A file's name within a repository, which must stay within it.
    static String requireFile(String name) throws HubException {
        boolean safe = !name.isEmpty() && !name.startsWith("/") && !name.contains("\\") && !name.contains(":") && name.chars()
                .noneMatch(c -> c < ' ');
        for (String part : name.split("/", -1)) {
            safe &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        }
        if (!safe) {
            throw new HubException("file '%s': expected a name within the repository".formatted(excerpt(name)));
        }
        return name;
    }

    private Path repository(String repository) {
        return root.resolve("models--" + requireRepository(repository).replace("/", "--"));
    }

    Path blob(String repository, String etag) {
        return repository(repository).resolve("blobs").resolve(etag);
    }

    Path snapshot(String repository, String commit) {
        return repository(repository).resolve("snapshots").resolve(commit);
    }

    /// The directory of a downloaded revision, or empty.
    Optional<Path> find(String repository, String revision) throws IOException {
        Path ref = repository(repository).resolve("refs").resolve(requireRevision(revision));
        String commit = Files.isRegularFile(ref) ? Files.readString(ref).strip() : revision;
        Path snapshot = COMMIT.matcher(commit).matches() ? snapshot(repository, commit) : null;
        return snapshot != null && Files.isDirectory(snapshot) ? Optional.of(snapshot) : Optional.empty();
    }

    void writeRef(String repository, String revision, String commit) throws IOException {
        if (revision.equals(commit)) {
            return;
        }
        Path ref = repository(repository).resolve("refs").resolve(revision);
        Path directory = Objects.requireNonNull(ref.getParent());
        Files.createDirectories(directory);
        Path temporary = directory.resolve(".ref-" + UUID.randomUUID()); // createTempFile would keep others from reading it
        try {
            Files.writeString(temporary, commit);
            Files.move(temporary, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /// Makes a blob visible in a snapshot: by a relative link, or by a copy where links cannot be made.
    void link(String repository, String commit, String name, String etag) throws IOException {
        Path file = snapshot(repository, commit).resolve(name);
        Path directory = Objects.requireNonNull(file.getParent());
        Path blob = blob(repository, etag);
        if (Files.exists(file) && Files.isSameFile(file, blob)) {
            return;
        }
        Files.createDirectories(directory);
        Path temporary = directory.resolve(".link-" + UUID.randomUUID());
        try {
            Files.createSymbolicLink(temporary, directory.relativize(blob));
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.copy(blob, temporary);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// Waits until no other process downloads the blob. Closing the result lets the next one go on.
    Lock lock(String repository, String etag) throws IOException {
        Path file = root.resolve(".locks").resolve("models--" + repository.replace("/", "--")).resolve(etag + ".lock");
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            return new Lock(channel, channel.lock());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// The hash of a file in the form of its etag: SHA-256, or for an etag of 40 digits git's SHA-1 of a blob.
    static String hash(Path file, String etag) throws IOException {
        boolean git = etag.length() == 40;
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(git ? "SHA-1" : "SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-1 and SHA-256", e);
        }
        if (git) {
            digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] chunk = new byte[1 << 16];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// A lock between processes.
    record Lock(FileChannel channel, FileLock lock) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            lock.release();
            channel.close();
        }
    }
}
