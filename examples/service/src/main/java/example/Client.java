package example;

import io.github.clip4j.Clip;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/// Sends the service many requests at once and compares the answers with the library's own: `Client PORT DIRECTORY_OF_PNGS`.
public final class Client {
    private static final int REQUESTS = 50;
    private static final int ROUNDS = 4;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String address;

    private Client(String port) {
        this.address = "http://127.0.0.1:" + port;
    }

    public static void main(String[] args) throws Exception {
        List<Path> files;
        try (Stream<Path> found = Files.list(Path.of(args[1]))) {
            files = found.filter(file -> file.toString().endsWith(".png")).sorted().toList();
        }
        new Client(args[0]).run(files);
    }

    private void run(List<Path> files) throws Exception {
        List<float[]> expected = new ArrayList<>();
        try (Clip clip = TinyClip.load()) {
            for (Path file : files) {
                expected.add(clip.embedImage(ImageFile.read(file)).toArray());
            }
        }
        for (int round = 0; round < ROUNDS; round++) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                answers.add(http.sendAsync(post("/embed", files.get(i % files.size())), HttpResponse.BodyHandlers.ofString()));
            }
            HttpRequest noImage = post("/embed", "not an image".getBytes(StandardCharsets.UTF_8));
            CompletableFuture<HttpResponse<String>> bad = http.sendAsync(noImage, HttpResponse.BodyHandlers.ofString());
            String health = http.send(get("/health"), HttpResponse.BodyHandlers.ofString()).body();
            require(health.startsWith("clip-tiny, "), "health: " + health);
            for (int i = 0; i < REQUESTS; i++) {
                HttpResponse<String> answer = answers.get(i).join();
                require(answer.statusCode() == 200, "request %d: %d %s".formatted(i, answer.statusCode(), answer.body()));
                boolean same = Arrays.equals(floats(answer.body()), expected.get(i % files.size()));
                require(same, "request %d: other numbers than the library's".formatted(i));
            }
            require(bad.join().statusCode() == 400, "a body that is not an image: expected status 400, got " + bad.join().statusCode());
        }
        Path circle = files.stream().filter(file -> file.endsWith("red-circle.png")).findFirst().orElseThrow();
        String classified = classify(circle, "a blue square", "a red circle");
        require(classified.startsWith("[{\"label\":\"a red circle\""), "classify: " + classified);
        System.out.println("service: " + ROUNDS * REQUESTS + " requests answered as the library does, " + ROUNDS + " refused, health: ok");
        System.out.println(classified);
    }

    private String classify(Path file, String... labels) throws IOException, InterruptedException {
        List<String> query = Arrays.stream(labels).map(label -> "label=" + URLEncoder.encode(label, StandardCharsets.UTF_8)).toList();
        return http.send(post("/classify?" + String.join("&", query), file), HttpResponse.BodyHandlers.ofString()).body();
    }

    private HttpRequest post(String path, Path file) throws IOException {
        return post(path, Files.readAllBytes(file));
    }

    private HttpRequest post(String path, byte[] body) {
        return request(path).header("Content-Type", "application/octet-stream").POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
    }

    private HttpRequest get(String path) {
        return request(path).build();
    }

    /// Generous: a request that waits for all the others is answered in a second or two.
    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path)).timeout(Duration.ofSeconds(30));
    }

    /// The numbers of a JSON array; floats are printed so that they are read back to the bit.
    private static float[] floats(String json) {
        String[] numbers = json.substring(1, json.length() - 1).split(",");
        float[] values = new float[numbers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.parseFloat(numbers[i]);
        }
        return values;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            System.err.println("FAILED: " + message);
            System.exit(1);
        }
    }
}
