package io.github.clip4j.image;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import java.util.List;

/// What happens to a picture before the image encoder: resize, centre crop, rescale, normalise; Hugging Face's `CLIPImageProcessor`, which
/// converts to RGB first (huggingface/transformers `image_processing_clip.py`). EXIF orientation is not applied, as there.
///
/// @param resize how the picture is scaled
/// @param cropWidth pixels; 0 when it is not cropped
/// @param cropHeight pixels; 0 when it is not cropped
/// @param filter the resampling filter
/// @param rescaleFactor what bytes are multiplied by, usually 1/255; 1 when they are not rescaled
/// @param mean of each channel, subtracted after rescaling
/// @param std of each channel, divided by
public record ClipPreprocess(
        ResizeTo resize, int cropWidth, int cropHeight, Resize.Filter filter, double rescaleFactor, List<Double> mean, List<Double> std) {
    /// The mean and standard deviation of OpenAI's training pictures (openai/CLIP `clip/clip.py`, `_transform`).
    public static final List<Double> OPENAI_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);

    public static final List<Double> OPENAI_STD = List.of(0.26862954, 0.26130258, 0.27577711);

    /// The size that a picture is scaled to.
    public sealed interface ResizeTo {
        /// Not at all.
        record None() implements ResizeTo {}

        /// So that the shorter edge has `size` pixels; the longer one is rounded down.
        record ShortestEdge(int size) implements ResizeTo {}

        /// To these extents, whatever the picture's proportions.
        record Exactly(int width, int height) implements ResizeTo {}
    }

    public ClipPreprocess {
        if (mean.size() != Image.CHANNELS || std.size() != Image.CHANNELS) {
            throw new IllegalArgumentException("preprocessing: expected 3 means and 3 standard deviations, got %s and %s".formatted(mean, std));
        }
        if (std.contains(0.0)) {
            throw new IllegalArgumentException("preprocessing: expected standard deviations other than 0, got " + std);
        }
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    /// The preprocessing of OpenAI's checkpoints for pictures of `size` × `size` pixels.
    public static ClipPreprocess openAi(int size) {
        return new ClipPreprocess(
                new ResizeTo.ShortestEdge(size), size, size, Resize.Filter.BICUBIC, 1 / 255.0, OPENAI_MEAN, OPENAI_STD);
    }

    /// The picture resized and cropped, still in bytes.
    public Image resizeAndCrop(Image image) {
        Image resized =
                switch (resize) {
                    case ResizeTo.None() -> image;
                    case ResizeTo.ShortestEdge(int size) -> shortestEdge(image, size);
                    case ResizeTo.Exactly(int width, int height) -> Resize.resize(image, width, height, filter);
                };
        return cropWidth == 0 ? resized : CenterCrop.crop(resized, cropWidth, cropHeight);
    }

    private Image shortestEdge(Image image, int size) {
        int shorter = Math.min(image.width(), image.height());
        int longer = Math.max(image.width(), image.height());
        long scaled = (long) ((double) size * longer / shorter);
        long bytes = scaled * size * Image.CHANNELS;
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "%s: expected at most 2^31 bytes after resizing, got %d × %d pixels; crop it first".formatted(image, size, scaled));
        }
        int width = image.width() <= image.height() ? size : (int) scaled;
        int height = image.width() <= image.height() ? (int) scaled : size;
        return Resize.resize(image, width, height, filter);
    }

    /// The picture as the encoder takes it, `[3, h, w]`: the channels one after the other, (pixel · rescaleFactor − mean) / std.
    public Tensor apply(Image image) {
        Image cropped = resizeAndCrop(image);
        return Tensor.of(normalize(cropped), Shape.of(Image.CHANNELS, cropped.height(), cropped.width()));
    }

    /// As NumPy computes it there: the product in double, rounded to float32; mean and deviation rounded to float32; then in float32.
    private float[] normalize(Image image) {
        int pixels = image.width() * image.height();
        float[] channels = new float[Image.CHANNELS * pixels];
        byte[] rgb = image.rgb();
        for (int c = 0; c < Image.CHANNELS; c++) {
            float[] normalized = new float[256];
            for (int v = 0; v < 256; v++) {
                normalized[v] = ((float) (v * rescaleFactor) - mean.get(c).floatValue()) / std.get(c).floatValue();
            }
            for (int i = 0; i < pixels; i++) {
                channels[c * pixels + i] = normalized[rgb[i * Image.CHANNELS + c] & 0xff];
            }
        }
        return channels;
    }
}
