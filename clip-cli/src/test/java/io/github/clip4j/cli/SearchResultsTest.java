package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How results are shown: groups with names, pages, and images in a terminal.
class SearchResultsTest {
    private static final Path EXAMPLES = ReferenceData.projectRoot().resolve("docs/examples");
    private static final Pattern PICTURE = Pattern.compile("data:image/jpeg;base64,([A-Za-z0-9+/=]+)");

    @TempDir
    private Path scratch;

    private Path photos;
    private String index;

    @BeforeEach
    void copyExamples() throws IOException {
        photos = Files.createDirectories(scratch.resolve("photos & <b>"));
        index = scratch.resolve("index").toString();
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            for (Path file : files.toList()) {
                Files.copy(file, photos.resolve(file.getFileName()));
                Files.copy(file, photos.resolve("copy-" + file.getFileName()));
            }
        }
        assertThat(Cli.run("index", photos.toString(), "--index", index).exit()).isZero();
    }

    private static String name(JsonElement image) {
        return String.valueOf(Path.of(image.getAsJsonObject().get("path").getAsString()).getFileName());
    }

    @Test
    void groupsAreNamedByWhatTellsThemApart() {
        String[] labels = {"a red circle", "three hearts", "the letter K", "a star", "a green square above an orange triangle"};
        String[] arguments = Stream.concat(
                Stream.of("cluster", "--index", index, "--groups", "5", "--json"),
                Stream.of(labels).flatMap(label -> Stream.of("--label", label))).toArray(String[]::new);
        JsonObject document = Cli.run(arguments).json();
        assertThat(document.keySet()).containsExactly("index", "groups");
        Map<String, String> expected = Map.of("red-circle.png", labels[0], "three-hearts.png", labels[1], "letter-k.png", labels[2],
                "striped-star.png", labels[3], "square-above-triangle.png", labels[4]);
        assertThat(document.getAsJsonArray("groups")).hasSize(5);
        for (JsonElement element : document.getAsJsonArray("groups")) {
            JsonObject group = element.getAsJsonObject();
            assertThat(group.keySet()).containsExactly("name", "cosine", "size", "images");
            JsonArray images = group.getAsJsonArray("images");
            assertThat(images).hasSize(2).hasSize(group.get("size").getAsInt());
            for (JsonElement image : images) {
                assertThat(group.get("name").getAsString()).isEqualTo(expected.get(name(image).replace("copy-", "")));
            }
        }
        // without names no model is loaded, and the number of groups is chosen: √(10/2) ≈ 2
        Cli.Run plain = Cli.run("cluster", "--index", index, "--top", "1");
        assertThat(plain.out().lines().filter(line -> line.endsWith(" images"))).hasSize(2);
        assertThat(plain.err()).isEmpty();
        assertThat(Cli.run("cluster", "--index", index, "--json").json().getAsJsonArray("groups").get(0).getAsJsonObject().get("name")
                .isJsonNull()).isTrue();
        assertThat(Cli.run("cluster", "--index", index, "--groups", "0").exit()).isEqualTo(2);
    }

    @Test
    void aPageHoldsSmallCopies() throws IOException {
        Path page = scratch.resolve("page.html");
        Files.delete(photos.resolve("copy-red-circle.png")); // gone since it was indexed
        Cli.Run run = Cli.run("search", "a red circle", "</title><b>", "--index", index, "--no-indexing", "--html", page.toString());
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(10);
        String html = Files.readString(page);
        assertThat(html)
                .contains("<title>a red circle + &lt;/title&gt;&lt;b&gt;</title>", "photos &amp; &lt;b&gt;", "photos%20&amp;%20%3Cb%3E")
                .doesNotContain("<script", "http:", "https:")
                .containsPattern("no such file: .*copy-red-circle");
        Matcher pictures = PICTURE.matcher(html);
        int count = 0;
        for (; pictures.find(); count++) {
            Image small = ImageFile.read(Base64.getDecoder().decode(pictures.group(1)));
            assertThat(Math.max(small.width(), small.height())).isBetween(1, 320);
        }
        assertThat(count).isEqualTo(9);
        assertThat(Cli.run("search", "a", "--index", index, "--html", scratch.resolve("none/page.html").toString()).exit()).isEqualTo(1);
    }

    @Test
    void aThumbnailKeepsProportions() {
        assertThat(Thumbnail.of(Image.ofRgb(1000, 10, new byte[30_000]), 100)).extracting(Image::width, Image::height)
                .containsExactly(100, 1);
        assertThat(Thumbnail.of(Image.ofRgb(3, 1000, new byte[9000]), 100)).extracting(Image::width, Image::height).containsExactly(1, 100);
        assertThat(Thumbnail.of(Image.ofRgb(30, 20, new byte[1800]), 100)).extracting(Image::width, Image::height).containsExactly(30, 20);
    }

    @Test
    void terminalsAreKnownByTheirNames() {
        assertThat(TerminalImages.of(Map.of("TERM", "xterm-kitty"))).isEqualTo(TerminalImages.KITTY);
        assertThat(TerminalImages.of(Map.of("TERM", "xterm-256color", "TERM_PROGRAM", "WezTerm"))).isEqualTo(TerminalImages.ITERM);
        assertThat(TerminalImages.of(Map.of("TERM", "foot-extra"))).isEqualTo(TerminalImages.SIXEL);
        assertThat(TerminalImages.of(Map.of("TERM", "xterm-256color"))).isNull();
        assertThat(TerminalImages.of(Map.of())).isNull();
        assertThat(TerminalImages.of(Map.of("TERM", "tmux-256color", "KITTY_WINDOW_ID", "1"))).isNull();
        assertThat(Cli.run("search", "a", "--index", index, "--thumbnails", "ascii").err())
                .contains("expected auto, kitty, iterm, sixel or none");
    }

    @Test
    void imagesAreShownAboveTheirLines() throws IOException {
        String[] arguments = {"search", "a red circle", "--index", index, "--top", "1", "--thumbnails", "kitty"};
        String kitty = Cli.run(arguments).out();
        assertThat(kitty).startsWith("\u001b_Ga=T,f=100,q=2,r=8,m=").contains("\u001b\\\n 0.").endsWith("red-circle.png\n");
        String data = Pattern.compile("\u001b_G[^;]*;([^\u001b]*)\u001b\\\\").matcher(kitty).results().map(m -> m.group(1))
                .reduce("", String::concat);
        Image shown = ImageFile.read(Base64.getDecoder().decode(data));
        assertThat(shown.toRgb()).isEqualTo(Thumbnail.of(ImageFile.read(EXAMPLES.resolve("red-circle.png")), 160).toRgb());
        arguments[arguments.length - 1] = "iterm";
        String iterm = Cli.run(arguments).out();
        Matcher file = Pattern.compile(
                "\u001b]1337;File=inline=1;size=(\\d+);height=8;preserveAspectRatio=1:([^\u0007]*)\u0007\n").matcher(iterm);
        assertThat(file.find()).isTrue();
        byte[] png = Base64.getDecoder().decode(file.group(2));
        assertThat(png).hasSize(Integer.parseInt(file.group(1))).startsWith("\u0089PNG".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(Cli.run("search", "a red circle", "--index", index).out()).as("no terminal").doesNotContain("\u001b");
    }

    /// What a terminal would draw: every pixel has one colour, and on average the picture's own.
    @Test
    void sixelsCoverEveryPixelOnce() {
        int width = 50;
        int height = 20;
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++) {
            rgb[3 * i] = (byte) 130;
            rgb[3 * i + 1] = (byte) (i % width < 25 ? 255 : 0);
            rgb[3 * i + 2] = (byte) 20;
        }
        String text = TerminalImages.SIXEL.show(Image.ofRgb(width, height, rgb), 8);
        assertThat(text).startsWith("\u001bP0;1;0q\"1;1;50;20").endsWith("\u001b\\\n");
        int[] seen = new int[width * height];
        long[] sums = new long[3];
        int x = 0;
        int top = 0;
        int color = -1;
        Matcher tokens = Pattern.compile("#(\\d+)(;2;\\d+;\\d+;\\d+)?|!(\\d+)([?-~])|\\$|-").matcher(text.substring(text.indexOf("#")));
        Set<Integer> defined = new HashSet<>();
        while (tokens.find()) {
            String token = tokens.group();
            if (tokens.group(2) != null) {
                defined.add(Integer.parseInt(tokens.group(1)));
            } else if (token.startsWith("#")) {
                color = Integer.parseInt(tokens.group(1));
                assertThat(defined).contains(color);
            } else if (token.startsWith("!")) {
                for (int i = Integer.parseInt(tokens.group(3)); i > 0; i--, x++) {
                    for (int row = 0; row < 6; row++) {
                        if ((((tokens.group(4).charAt(0) - '?') >> row) & 1) == 1) {
                            seen[(top + row) * width + x]++;
                            sums[0] += 51L * (color / 36);
                            sums[1] += 51L * (color / 6 % 6);
                            sums[2] += 51L * (color % 6);
                        }
                    }
                }
            } else {
                assertThat(x).isIn(0, width);
                x = 0;
                top += token.equals("-") ? 6 : 0;
            }
        }
        assertThat(seen).containsOnly(1);
        // sixteen thresholds in 4 × 4 pixels: a level is met to within a sixteenth of a step, and the edges of 50 × 20 pixels
        assertThat(sums[0] / 1000.0).isBetween(126.0, 134.0);
        assertThat(sums[1] / 1000.0).isEqualTo(127.5);
        assertThat(sums[2] / 1000.0).isBetween(16.0, 24.0);
    }
}
