package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.Crop;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A Hugging Face `preprocessor_config.json`, or the part `image_processor` of a `processor_config.json`, with the defaults of
/// `CLIPImageProcessor` for what it leaves out, or of `SiglipImageProcessor` where the file or the model is SigLIP's.
final class PreprocessConfigFile {
    private static final int DEFAULT_SIZE = 224;
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5); // IMAGENET_STANDARD_MEAN and _STD

    private PreprocessConfigFile() {}

    /// How `SiglipImageProcessor` prepares images without a file: both edges to `size`, no crop.
    static ClipPreprocess siglip(int size) {
        return new ClipPreprocess(
                new ResizeTo.Exactly(size, size), Optional.empty(), 0, ClipPreprocess.Filter.BICUBIC, 1 / 255.0, HALF, HALF,
                ClipPreprocess.Convention.HUGGING_FACE);
    }

    /// Understands a file of a CLIP.
    ///
    /// @throws WeightFormatException when it is malformed or asks for what is not supported
    static ClipPreprocess read(JsonFields root) throws WeightFormatException {
        return read(root, false);
    }

    /// Understands a file.
    ///
    /// @param ofSiglip whether the model is a SigLIP; a processor that the file names decides before
    /// @throws WeightFormatException when it is malformed or asks for what is not supported
    static ClipPreprocess read(JsonFields root, boolean ofSiglip) throws WeightFormatException {
        Optional<String> processor = root.string("image_processor_type");
        boolean siglip = processor.isPresent() ? processor.get().startsWith("Siglip") : ofSiglip;
        List<Double> standard = siglip ? HALF : ClipPreprocess.OPENAI_MEAN;
        Optional<Crop> crop = root.bool("do_center_crop").orElse(!siglip) ? Optional.of(crop(root)) : Optional.empty();
        boolean normalize = root.bool("do_normalize").orElse(true);
        boolean rescale = root.bool("do_rescale").orElse(true);
        try {
            return new ClipPreprocess(
                    root.bool("do_resize").orElse(true) ? resize(root, siglip) : new ResizeTo.None(), crop, 0, filter(root),
                    rescale ? root.number("rescale_factor").orElse(1 / 255.0) : 1,
                    normalize ? channels(root, "image_mean", standard) : List.of(),
                    normalize ? channels(root, "image_std", siglip ? HALF : ClipPreprocess.OPENAI_STD) : List.of(),
                    ClipPreprocess.Convention.HUGGING_FACE);
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException("%s: %s".formatted(root.where(), e.getMessage()), e);
        }
    }

    /// Checks that prepared images have `size` × `size` pixels.
    ///
    /// @param where what to call the file in messages
    /// @throws WeightFormatException when they have not
    static void check(ClipPreprocess preprocess, int size, String where) throws WeightFormatException {
        Optional<Crop> crop = preprocess.crop();
        boolean fits = crop.isPresent()
                ? crop.get().equals(new Crop(size, size))
                : preprocess.resize().equals(new ResizeTo.Exactly(size, size));
        if (!fits) {
            throw new WeightFormatException(
                    "%s: expected images of %d × %d for this model, got %s and %s".formatted(
                            where, size, size, preprocess.resize(),
                            crop.map(c -> "a crop of %d × %d".formatted(c.width(), c.height())).orElse("no crop")));
        }
    }

    /// A number for each channel. None at all would mean that images are not normalised ([ClipPreprocess#mean]).
    static List<Double> channels(JsonFields fields, String name, List<Double> standard) throws WeightFormatException {
        List<Double> numbers = fields.numbers(name).orElse(standard);
        if (numbers.isEmpty()) {
            throw fields.wrong(name, "3 numbers", "none");
        }
        return numbers;
    }

    /// The preprocessing in another reference implementation's order.
    ///
    /// @throws WeightFormatException when that implementation cannot prepare images so
    static ClipPreprocess withConvention(ClipPreprocess preprocess, ClipPreprocess.Convention convention) throws WeightFormatException {
        try {
            return preprocess.withConvention(convention);
        } catch (IllegalArgumentException e) {
            throw new WeightFormatException(e.getMessage() + "; choose another profile", e);
        }
    }

    /// `size`: `{"shortest_edge": n}`, `{"height": h, "width": w}`, or a number, which means the shortest edge unless `use_square_size` is
    /// set.
    private static ResizeTo resize(JsonFields root, boolean siglip) throws WeightFormatException {
        if (!root.has("size")) {
            return siglip ? new ResizeTo.Exactly(DEFAULT_SIZE, DEFAULT_SIZE) : new ResizeTo.ShortestEdge(DEFAULT_SIZE);
        }
        OptionalLong plain = plainInteger(root, "size");
        if (plain.isPresent()) {
            int size = extent(root, "size", plain.getAsLong());
            return root.bool("use_square_size").orElse(false) ? new ResizeTo.Exactly(size, size) : new ResizeTo.ShortestEdge(size);
        }
        JsonFields size = root.object("size").orElseThrow();
        OptionalLong shortest = size.integer("shortest_edge");
        if (shortest.isPresent()) {
            return new ResizeTo.ShortestEdge(extent(size, "shortest_edge", shortest.getAsLong()));
        }
        return new ResizeTo.Exactly(required(size, "width"), required(size, "height"));
    }

    private static Crop crop(JsonFields root) throws WeightFormatException {
        if (!root.has("crop_size")) {
            return new Crop(DEFAULT_SIZE, DEFAULT_SIZE);
        }
        OptionalLong plain = plainInteger(root, "crop_size");
        if (plain.isPresent()) {
            int size = extent(root, "crop_size", plain.getAsLong());
            return new Crop(size, size);
        }
        JsonFields size = root.object("crop_size").orElseThrow();
        return new Crop(required(size, "width"), required(size, "height"));
    }

    /// The value of a field that may also be an object: empty when it is one.
    private static OptionalLong plainInteger(JsonFields root, String name) throws WeightFormatException {
        return root.isObject(name) ? OptionalLong.empty() : root.integer(name);
    }

    private static int required(JsonFields size, String name) throws WeightFormatException {
        return extent(size, name, size.integer(name).orElseThrow(() -> size.wrong(name, "a number of pixels", "nothing")));
    }

    private static int extent(JsonFields fields, String name, long pixels) throws WeightFormatException {
        if (pixels < 1 || pixels > 10_000) {
            throw fields.wrong(name, "1 to 10,000 pixels", String.valueOf(pixels));
        }
        return (int) pixels;
    }

    /// Pillow's numbers: 2 bilinear, 3 bicubic.
    private static ClipPreprocess.Filter filter(JsonFields root) throws WeightFormatException {
        long resample = root.integer("resample").orElse(3);
        if (resample == 2) {
            return ClipPreprocess.Filter.BILINEAR;
        }
        if (resample == 3) {
            return ClipPreprocess.Filter.BICUBIC;
        }
        throw root.wrong("resample", "2 (bilinear) or 3 (bicubic)", String.valueOf(resample));
    }
}
