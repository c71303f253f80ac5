package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import io.github.clip4j.search.SearchHit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/// The results of a search as one page for a browser: a file by itself, with small copies of the images, without a script, a server or a
/// network.
final class SearchPage {
    private static final int EDGE = 320;

    private static final String STYLE = """
            :root { color-scheme: light dark }
            body { font: 15px/1.4 sans-serif; margin: 1.5rem }
            main { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1.25rem }
            figure { margin: 0 }
            img { width: 100%; height: 14rem; object-fit: contain; background: #8882 }
            p.missing { height: 14rem; margin: 0; padding: 1rem; box-sizing: border-box; background: #8882; overflow: auto }
            a:focus-visible { outline: 3px solid #06c; outline-offset: 2px; display: block }
            figcaption { overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
            """;

    private final ReadOptions reading;

    SearchPage(ReadOptions reading) {
        this.reading = reading;
    }

    /// {@return an HTML file} An image that cannot be read any more keeps its place, with the reason.
    byte[] of(String query, List<SearchHit> hits) {
        String count = hits.size() == 1 ? "1 image, found with clip search." : hits.size() + " images, best first, found with clip search.";
        StringBuilder page = new StringBuilder(String.format(Locale.ROOT, """
                <!DOCTYPE html>
                <html lang="en">
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width">
                <title>%1$s</title>
                <style>
                %2$s</style>
                <h1>%1$s</h1>
                <p>%3$s Each number is the cosine of an image with the query.</p>
                <main>
                """, Markup.escape(query), STYLE, count));
        for (SearchHit hit : hits) {
            String path = hit.entry().path();
            page.append(String.format(Locale.ROOT,
                    "<figure><a href=\"%s\">%s</a><figcaption>%.3f %s</figcaption></figure>%n",
                    Markup.escape(Path.of(path).toUri().toString()), picture(hit), hit.cosine(), Markup.escape(path)));
        }
        return page.append("</main>\n</html>\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private String picture(SearchHit hit) {
        String path = hit.entry().path();
        Path file = Path.of(path);
        ImageItem item = ImageItem.file(path, file);
        try {
            Image small = Thumbnail.of(reading.read(item), EDGE);
            String data = Base64.getEncoder().encodeToString(Thumbnail.jpeg(small));
            String name = Markup.escape(String.valueOf(file.getFileName()));
            return "<img alt=\"" + name + "\" loading=\"lazy\" src=\"data:image/jpeg;base64," + data + "\">";
        } catch (IOException | IllegalArgumentException e) {
            return "<p class=\"missing\">" + Markup.escape(item.message(e)) + "</p>";
        }
    }
}
