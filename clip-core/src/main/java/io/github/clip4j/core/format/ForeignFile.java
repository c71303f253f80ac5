package io.github.clip4j.core.format;

import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Files that are often where weights or configs were meant to be. They are recognised by their content, where the name does not have to
/// help, so that they are refused by what they are and with what to do.
public enum ForeignFile {
    /// Nothing was written, or a download failed.
    EMPTY("is empty", "download it again"),
    /// What git has in place of a large file.
    LFS_POINTER("is a pointer of git-lfs, which stands for the file", "fetch the file itself: git lfs pull, or clip fetch REPO"),
    /// An error or a viewer, saved in place of the file.
    WEB_PAGE("is a web page", "download the raw file instead of the page that shows it, or use clip fetch REPO"),
    /// Weights for llama.cpp and its relatives.
    GGUF("is a GGUF file, which is mostly quantised", "take the model's safetensors"),
    /// A graph of operations.
    ONNX("is an ONNX graph", "take the weights that it was exported from: safetensors, or PyTorch's files"),
    /// Keras and TensorFlow's older form.
    HDF5("is an HDF5 file, as of TensorFlow and Keras", convertFrom("from_tf")),
    /// A graph of TensorFlow.
    TENSORFLOW("is a file of TensorFlow", convertFrom("from_tf")),
    /// A model for small devices.
    TF_LITE("is a TensorFlow Lite model", "take the weights that it was converted from"),
    /// Weights of Flax.
    MSGPACK("is a msgpack file, as of Flax", convertFrom("from_flax")),
    /// PyTorch before 0.1.10.
    TAR("is a tar archive, as PyTorch wrote before 2017, or a packed folder", "unpack it; if PyTorch wrote it, load and save it there"),
    /// A compressed file.
    COMPRESSED("is a compressed file", "unpack it"),
    /// A pickle that `torch.save` did not write.
    PICKLE("is a pickle that PyTorch did not save, as of PaddlePaddle or of pickle.dump; nothing of it is executed",
            "save the weights as safetensors, or with torch.save"),
    /// What a model is asked about.
    IMAGE("is an image, and not weights", "name the model's folder, or its file of weights"),
    /// A description of a graph.
    XML("is XML, as of OpenVINO", "take the weights that it was converted from");

    private static final int START = 512;
    private static final int MAX_TEXT = 4_096;

    private final String what;
    private final String advice;

    ForeignFile(String what, String advice) {
        this.what = what;
        this.advice = advice;
    }

    private static String convertFrom(String flag) {
        return "take the model's safetensors; or load it in Python with from_pretrained(…, %s=True) and save_pretrained it again"
                .formatted(flag);
    }

    /// Throws when a file is one of these.
    ///
    /// @throws WeightFormatException which says what the file is and what to do
    public static void refuse(ByteSource source) throws IOException {
        Optional<ForeignFile> found = of(source);
        if (found.isPresent()) {
            throw found.get().refusal(source.name());
        }
    }

    /// Throws when a file of weights is a short text: what a server says in place of the file.
    ///
    /// @throws WeightFormatException which quotes it
    public static void refuseText(ByteSource source) throws IOException {
        if (source.size() <= MAX_TEXT) {
            byte[] bytes = source.bytes(0, (int) source.size());
            for (byte b : bytes) {
                if (b < ' ' && b != '\n' && b != '\r' && b != '\t') {
                    return;
                }
            }
            throw new WeightFormatException("%s: is a text, such as a server's answer, and not weights: '%s'; download it again"
                    .formatted(source.name(), Excerpt.of(new String(bytes, StandardCharsets.US_ASCII))));
        }
    }

    /// The exception for a file that is of this kind.
    public WeightFormatException refusal(String file) {
        return new WeightFormatException("%s: %s; %s".formatted(file, what, advice));
    }

    /// What a file is, if it is one of these.
    public static Optional<ForeignFile> of(ByteSource source) throws IOException {
        return Optional.ofNullable(source.size() == 0 ? EMPTY : kind(source.start(START), source.name().toLowerCase(Locale.ROOT)));
    }

    private static @Nullable ForeignFile kind(byte[] start, String name) {
        String text = new String(start, StandardCharsets.ISO_8859_1);
        String words = text.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs.github.com/spec/")) {
            return LFS_POINTER;
        }
        if (words.startsWith("<!doctype html") || words.startsWith("<html") || words.startsWith("<head") || words.startsWith("<!--")) {
            return WEB_PAGE;
        }
        if (text.startsWith("<?xml")) {
            return words.contains("<html") ? WEB_PAGE : XML;
        }
        if (text.startsWith("GGUF") || text.startsWith("lmgg") || text.startsWith("tjgg") || text.startsWith("fmgg")) {
            return GGUF;
        }
        if (begins(start, 0x89, 'P', 'N', 'G') || begins(start, 0xFF, 0xD8, 0xFF) || text.startsWith("GIF8")
                || (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) || isTiff(text)) {
            return IMAGE;
        }
        if (begins(start, 0x89, 'H', 'D', 'F')) {
            return HDF5;
        }
        if (text.startsWith("TFL3", 4)) {
            return TF_LITE;
        }
        if (begins(start, 0x1F, 0x8B) || begins(start, 0x28, 0xB5, 0x2F, 0xFD) || begins(start, '7', 'z', 0xBC, 0xAF)
                || text.startsWith("Rar!") || text.startsWith("BZh") || begins(start, 0xFD, '7', 'z', 'X', 'Z')) {
            return COMPRESSED;
        }
        if (text.startsWith("ustar", 257)) {
            return TAR;
        }
        return protobufOrSimilar(start, name);
    }

    /// The first four bytes alone may be the length of a safetensors header, which has zeros after them; a TIFF has an offset there.
    private static boolean isTiff(String text) {
        return (text.startsWith("II*\0") && !text.startsWith("\0\0\0\0", 4)) || text.startsWith("MM\0*");
    }

    /// Formats without a magic number: what their first fields look like, and the usual ends of names where that is not enough.
    private static @Nullable ForeignFile protobufOrSimilar(byte[] start, String name) {
        if (start.length < 4) {
            return null;
        }
        int first = start[0] & 0xff;
        int second = start[1] & 0xff;
        int third = start[2] & 0xff;
        if (first == 0x80 && second >= 2 && second <= 5 && start[2] != (byte) 0x8A) { // PROTO; PyTorch's own goes on with LONG1
            return PICKLE;
        }
        if (first == 0x08 && second == 1 && third == 0x12) { // schema version 1, then the first graph
            return TENSORFLOW;
        }
        if (first == 0x08 && second > 1 && second < 64 && (third == 0x12 || third == 0x3A || third == 0x42)) { // version, then a name
            return ONNX;
        }
        boolean isMap = (first > 0x80 && first <= 0x8F) || first == 0xDE || first == 0xDF;
        int key = first == 0xDE ? 3 : first == 0xDF ? 5 : 1;
        if (isMap && start.length > key && ((start[key] & 0xE0) == 0xA0 || (start[key] & 0xff) == 0xD9)) { // a map whose key is a string
            return MSGPACK;
        }
        return name.endsWith(".onnx") ? ONNX : name.endsWith(".msgpack") ? MSGPACK : name.endsWith(".pb") ? TENSORFLOW : null;
    }

    private static boolean begins(byte[] start, int... bytes) {
        if (start.length < bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if ((start[i] & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }
}
