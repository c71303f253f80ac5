package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `clip index --watch`
@Timeout(120)
class IndexWatchTest {
    private static final Path EXAMPLES = ReferenceData.projectRoot().resolve("docs/examples");

    @TempDir
    private Path scratch;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private List<JsonObject> documents() {
        return out.toString(StandardCharsets.UTF_8).lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }

    /// Waits for a document that says so.
    private void await(String counter, int value, int total) throws InterruptedException {
        while (documents().stream().noneMatch(
                document -> document.get(counter).getAsInt() == value && document.get("total").getAsInt() == total)) {
            Thread.sleep(20);
        }
    }

    @Test
    void whatChangesIsIndexed() throws Exception {
        Path photos = Files.createDirectories(scratch.resolve("photos"));
        Files.copy(EXAMPLES.resolve("red-circle.png"), photos.resolve("a.png"));
        StringWriter err = new StringWriter();
        CompletableFuture<Integer> exit = new CompletableFuture<>();
        Thread command = Thread.ofPlatform().start(() -> exit.complete(ClipCommand.run(
                new Streams(InputStream.nullInputStream(), out, false), new PrintWriter(err, true),
                "index", photos.toString(), "--index", scratch.resolve("index").toString(), "--watch", "--json")));
        try {
            await("added", 1, 1);
            Path below = Files.createDirectories(photos.resolve("new/below")); // a folder that was not there
            Files.copy(EXAMPLES.resolve("letter-k.png"), below.resolve("k.png"));
            await("added", 1, 2);
            Files.copy(EXAMPLES.resolve("three-hearts.png"), below.resolve("three.png"));
            await("added", 1, 3);
            Files.move(below.resolve("k.png"), photos.resolve("k.png"));
            await("moved", 1, 3);
            Files.delete(photos.resolve("a.png"));
            await("removed", 1, 2);
        } finally {
            command.interrupt();
        }
        assertThat(exit.get(60, TimeUnit.SECONDS)).as(err.toString()).isZero();
    }

    @Test
    @Timeout(50)
    void aChangeEndsTheWait() throws IOException, InterruptedException {
        try (FolderWatch watch = new FolderWatch(List.of(scratch.toString()), Set.of())) {
            assertThat(watch.incomplete()).isNull();
            Files.createFile(scratch.resolve("a"));
            watch.await(100, TimeUnit.SECONDS); // longer than the test may take
            watch.await(10, TimeUnit.MILLISECONDS); // nothing more: it returns all the same
        }
    }
}
