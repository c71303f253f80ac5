package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Folders of the library sentence-transformers: a chain of modules, `modules.json`, of which the first is a CLIP in a folder of its own.
///
/// ```
/// [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}]
/// ```
final class SentenceTransformers {
    static final String MODULES = "modules.json";
    private static final int MAX_BYTES = 1_000_000;

    private SentenceTransformers() {}

    /// The folder of the CLIP in a folder of this library; any other folder itself.
    ///
    /// @throws WeightFormatException when a module computes something that clip4j does not
    static Folder follow(Folder folder) throws IOException {
        if (!folder.has(MODULES) || folder.has("config.json") || folder.has("open_clip_config.json")) {
            return folder;
        }
        List<JsonFields> modules = modules(folder);
        for (int i = 0; i < modules.size(); i++) {
            JsonFields module = modules.get(i);
            String type = module.string("type").orElse("nothing");
            String kind = type.substring(type.lastIndexOf('.') + 1);
            if (i == 0 ? !kind.equals("CLIPModel") && !kind.equals("Transformer") : !kind.equals("Normalize")) {
                throw new WeightFormatException("%s.type: expected %s, got %s; clip4j does not compute such a module".formatted(
                        module.where(), i == 0 ? "a CLIPModel" : "a Normalize after the CLIPModel", Excerpt.of(type)));
            }
        }
        String path = modules.isEmpty() ? "" : modules.getFirst().string("path").orElse("");
        if (path.isEmpty()) {
            return folder;
        }
        if (path.contains("..") || path.startsWith("/") || path.contains("\\") || path.contains(":") || !folder.hasFolder(path)) {
            throw new WeightFormatException("%s.path: expected the name of a folder beside %s, got '%s'"
                    .formatted(modules.getFirst().where(), MODULES, Excerpt.of(path)));
        }
        return folder.folder(path);
    }

    private static List<JsonFields> modules(Folder folder) throws IOException {
        try (ByteSource source = folder.open(MODULES)) {
            if (source.size() > MAX_BYTES) {
                throw new WeightFormatException("%s: expected at most %,d bytes, got %,d".formatted(MODULES, MAX_BYTES, source.size()));
            }
            ByteArrayOutputStream document = new ByteArrayOutputStream(); // our reader's documents are objects
            document.writeBytes("{\"modules\":".getBytes(StandardCharsets.UTF_8));
            document.writeBytes(source.bytes(0, (int) source.size()));
            document.write('}');
            return StrictJson.parseObject(document.toByteArray(), MODULES).objects("modules").orElse(List.of());
        }
    }
}
