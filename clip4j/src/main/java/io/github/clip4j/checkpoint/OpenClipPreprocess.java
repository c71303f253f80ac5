package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.VisionConfig;
import java.util.List;
import java.util.Optional;

/// The second part of `open_clip_config.json`: how images are prepared (open_clip `transform.py`). What the file leaves out is the
/// family's, as open_clip's `pretrained.py` has it.
///
/// @param interpolation `bicubic` or `bilinear`
/// @param resizeMode `shortest` or `squash`
record OpenClipPreprocess(String interpolation, String resizeMode, List<Double> mean, List<Double> std) {
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);

    /// `_pcfg`; MobileCLIP2-L-14's is the same.
    private static final OpenClipPreprocess CLIP =
            new OpenClipPreprocess("bicubic", "shortest", ClipPreprocess.OPENAI_MEAN, ClipPreprocess.OPENAI_STD);

    /// `_slpcfg`
    private static final OpenClipPreprocess SIGLIP = new OpenClipPreprocess("bicubic", "squash", HALF, HALF);

    /// `_apcfg`
    private static final OpenClipPreprocess CLIPA =
            new OpenClipPreprocess("bilinear", "squash", List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    /// `_mccfg`: colours stay between 0 and 1.
    private static final OpenClipPreprocess MOBILE_CLIP =
            new OpenClipPreprocess("bilinear", "shortest", List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));

    private static OpenClipPreprocess of(ImageHead head) {
        return switch (head) {
            case ImageHead.ClassToken _ -> CLIP;
            case ImageHead.ConvStem _ -> MOBILE_CLIP;
            case ImageHead.PatchMean _ -> CLIPA;
            case ImageHead.AttentionPool _ -> SIGLIP;
        };
    }

    static ClipPreprocess read(JsonFields fields, VisionConfig vision) throws WeightFormatException {
        int size = vision.imageSize();
        OpenClipPreprocess family = of(vision.head());
        String interpolation = fields.string("interpolation").orElse(family.interpolation);
        ClipPreprocess.Filter filter =
                switch (interpolation) {
                    case "bicubic", "random" -> ClipPreprocess.Filter.BICUBIC; // "random" is for training
                    case "bilinear" -> ClipPreprocess.Filter.BILINEAR;
                    default -> throw fields.wrong("interpolation", "bicubic, bilinear or random", "'" + interpolation + "'");
                };
        String mode = fields.string("resize_mode").orElse(family.resizeMode);
        ResizeTo resize =
                switch (mode) {
                    case "shortest" -> new ResizeTo.ShortestEdge(size);
                    case "longest" -> new ResizeTo.LongestEdge(size);
                    case "squash" -> new ResizeTo.Exactly(size, size);
                    default -> throw fields.wrong("resize_mode", "shortest, longest or squash", "'" + mode + "'");
                };
        Optional<ClipPreprocess.Crop> crop = mode.equals("squash") ? Optional.empty() : Optional.of(new ClipPreprocess.Crop(size, size));
        return new ClipPreprocess(
                resize, crop, OpenClipConfigFile.integer(fields, "fill_color", 0), filter, 1 / 255.0,
                numbers(fields, "mean", family.mean), numbers(fields, "std", family.std), ClipPreprocess.Convention.OPENAI);
    }

    /// One number is meant for all channels.
    private static List<Double> numbers(JsonFields fields, String name, List<Double> standard) throws WeightFormatException {
        if (fields.has(name) && !fields.isArray(name)) {
            double value = fields.number(name).orElseThrow();
            return List.of(value, value, value);
        }
        return PreprocessConfigFile.channels(fields, name, standard);
    }
}
