package io.github.clip4j.image;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// What happens to an image before the image encoder: resize, centre crop, rescale, normalise. It ignores EXIF orientation, as the
/// reference implementations do ([ImageOptions#withUpright]).
///
/// @param resize how the image is scaled
/// @param crop the part from the middle that is kept, or empty when all is
/// @param fill the samples of pixels that are added to an image smaller than the crop, 0 to 255
/// @param filter the resampling filter
/// @param rescaleFactor what bytes are multiplied by, usually 1/255; 1 when they are not rescaled
/// @param mean of each channel, subtracted after rescaling; none when images are not normalised
/// @param std of each channel, divided by; none when images are not normalised
/// @param convention the reference implementation whose order and rounding are followed
public record ClipPreprocess(
        ResizeTo resize, Optional<Crop> crop, int fill, Filter filter, double rescaleFactor, List<Double> mean, List<Double> std,
        Convention convention) {
    /// The families of reference implementations.
    public enum Convention {
        /// Conversion to RGB first, then Pillow (huggingface/transformers `image_processing_pil_clip.py`, `CLIPImageProcessorPil`; up to
        /// version 4 the slow `CLIPImageProcessor`).
        HUGGING_FACE,
        /// Conversion to RGB first, then torchvision on bytes (huggingface/transformers `image_processing_clip.py`, since version 5 the
        /// default `CLIPImageProcessor`; `image_processing_backends.py`).
        HUGGING_FACE_TORCHVISION,
        /// immich's machine learning service (immich-app/immich `machine-learning/immich_ml/models/transforms.py`): conversion to RGB
        /// first, then Pillow, with its own roundings.
        IMMICH,
        /// Resize and crop in the file's own form, then conversion to RGB (openai/CLIP `clip/clip.py`, `_transform`; open_clip
        /// `transform.py`).
        OPENAI
    }

    /// How pixels are weighted when an image is resampled.
    public enum Filter {
        /// A triangle; support 1.
        BILINEAR(1) {
            @Override
            double weight(double x) {
                return Math.abs(x) < 1 ? 1 - Math.abs(x) : 0;
            }
        },
        /// Keys' cubic with a = −½ (1981, doi:10.1109/TASSP.1981.1163711 §III); support 2. OpenCV and PyTorch's `interpolate` use a = −¾.
        BICUBIC(2) {
            @Override
            double weight(double offset) {
                double x = Math.abs(offset);
                if (x < 1) {
                    return ((A + 2) * x - (A + 3)) * x * x + 1;
                }
                return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
            }
        };

        private static final double A = -0.5;

        private final double support;

        Filter(double support) {
            this.support = support;
        }

        /// The width on either side of the centre beyond which the weight is 0, in pixels of the smaller image.
        double support() {
            return support;
        }

        /// The weight of a pixel `offset` pixels from the centre, before the weights are divided by their sum.
        abstract double weight(double offset);
    }

    /// The mean of each channel over OpenAI's training images (openai/CLIP `clip/clip.py`, `_transform`).
    public static final List<Double> OPENAI_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);

    /// The standard deviation of each channel over OpenAI's training images (openai/CLIP `clip/clip.py`, `_transform`).
    public static final List<Double> OPENAI_STD = List.of(0.26862954, 0.26130258, 0.27577711);

    /// The size that an image is scaled to.
    public sealed interface ResizeTo {
        /// Not at all.
        record None() implements ResizeTo {}

        /// So that the shorter edge has `size` pixels; the longer one is rounded down.
        ///
        /// @param size pixels
        record ShortestEdge(int size) implements ResizeTo {}

        /// So that the image fits into `size` × `size` pixels (open_clip `transform.py`, `ResizeKeepRatio`).
        ///
        /// @param size pixels
        record LongestEdge(int size) implements ResizeTo {}

        /// To this width and height, whatever the image's proportions.
        ///
        /// @param width pixels
        /// @param height pixels
        record Exactly(int width, int height) implements ResizeTo {}
    }

    /// The size of what is cut out of the middle of an image. A smaller image is filled up to it.
    ///
    /// @param width pixels
    /// @param height pixels
    public record Crop(int width, int height) {
        /// Checks the size.
        ///
        /// @throws IllegalArgumentException for an edge below 1
        public Crop {
            if (width < 1 || height < 1) {
                throw new IllegalArgumentException(
                        "preprocessing: expected a crop of at least 1 × 1 pixels, got %d × %d".formatted(width, height));
            }
        }
    }

    /// Checks the values.
    ///
    /// @throws IllegalArgumentException for a fill, means or standard deviations that cannot be, and for what a convention does not have
    public ClipPreprocess {
        if (fill < 0 || fill > 255) {
            throw new IllegalArgumentException("preprocessing: expected a fill of 0 to 255, got " + fill);
        }
        if (mean.size() != std.size() || (!mean.isEmpty() && mean.size() != Image.CHANNELS)) {
            throw new IllegalArgumentException(
                    "preprocessing: expected 3 means and 3 standard deviations, got %s and %s".formatted(mean, std));
        }
        if (std.contains(0.0)) {
            throw new IllegalArgumentException("preprocessing: expected standard deviations other than 0, got " + std);
        }
        if (convention == Convention.IMMICH && resize instanceof ResizeTo.LongestEdge) {
            throw new IllegalArgumentException("preprocessing: immich scales to the shortest edge or to a square, not to the longest edge");
        }
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    /// {@return the preprocessing of OpenAI's checkpoints for images of `size` × `size` pixels, as Hugging Face performs it}
    ///
    /// @param size the edge of images, pixels
    public static ClipPreprocess huggingFace(int size) {
        return new ClipPreprocess(
                new ResizeTo.ShortestEdge(size), Optional.of(new Crop(size, size)), 0, Filter.BICUBIC, 1 / 255.0, OPENAI_MEAN, OPENAI_STD,
                Convention.HUGGING_FACE);
    }

    /// {@return the preprocessing of OpenAI's checkpoints for images of `size` × `size` pixels, as openai/CLIP and open_clip perform it}
    ///
    /// @param size the edge of images, pixels
    public static ClipPreprocess openAi(int size) {
        return huggingFace(size).withConvention(Convention.OPENAI);
    }

    /// {@return this preprocessing in another order}
    ///
    /// @param other the order of the steps and their roundings
    public ClipPreprocess withConvention(Convention other) {
        return new ClipPreprocess(resize, crop, fill, filter, rescaleFactor, mean, std, other);
    }

    /// {@return this preprocessing for square images of `size` pixels}
    ///
    /// @param size the edge of images, pixels
    public ClipPreprocess withSize(int size) {
        ResizeTo resized = switch (resize) {
            case ResizeTo.None none -> none;
            case ResizeTo.ShortestEdge shortest -> new ResizeTo.ShortestEdge(size);
            case ResizeTo.LongestEdge longest -> new ResizeTo.LongestEdge(size);
            case ResizeTo.Exactly exactly -> new ResizeTo.Exactly(size, size);
        };
        Optional<Crop> cropped = crop.map(_ -> new Crop(size, size));
        return new ClipPreprocess(resized, cropped, fill, filter, rescaleFactor, mean, std, convention);
    }

    /// {@return the image resized and cropped, still in bytes}
    ///
    /// @param image of any size
    /// @throws IllegalArgumentException for an image so narrow that the reference implementation cannot resize it
    public Image resizeAndCrop(Image image) {
        Objects.requireNonNull(image, "image is null");
        Image converted = convention == Convention.OPENAI ? image : image.convertToRgb();
        try {
            return resizeAndCrop(converted, sizeOf(converted)).convertToRgb();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(image + ": " + e.getMessage(), e);
        }
    }

    private Image resizeAndCrop(Image image, Size to) {
        int width = crop.map(Crop::width).orElse(to.width);
        int height = crop.map(Crop::height).orElse(to.height);
        Window window = Window.center(to.width, to.height, width, height, convention);
        Window seen = window.within(to.width, to.height);
        if ((long) width * height * image.mode().bytes() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "expected at most 2^31 bytes after resizing, got %d × %d pixels; crop it first".formatted(width, height));
        }
        Image part = convention == Convention.HUGGING_FACE_TORCHVISION
                ? Resize.torchResize(image, to.width, to.height, filter, seen)
                : Resize.resize(image, to.width, to.height, filter, seen);
        boolean filled = seen.width() == width && seen.height() == height;
        return filled ? part : window.around(part, seen.left() - window.left(), seen.top() - window.top(), fill);
    }

    private record Size(int width, int height) {}

    /// The size that `image` is scaled to.
    private Size sizeOf(Image image) {
        return switch (resize) {
            case ResizeTo.None() -> new Size(image.width(), image.height());
            case ResizeTo.ShortestEdge(int size) -> shortestEdge(image, size);
            case ResizeTo.LongestEdge(int size) -> longestEdge(image, size);
            case ResizeTo.Exactly(int width, int height) -> new Size(width, height);
        };
    }

    private static Size longestEdge(Image image, int size) {
        double ratio = Math.max(image.width() / (double) size, image.height() / (double) size);
        int width = (int) Math.max(1, Math.rint(image.width() / ratio));
        int height = (int) Math.max(1, Math.rint(image.height() / ratio));
        return new Size(width, height);
    }

    private Size shortestEdge(Image image, int size) {
        boolean upright = image.width() <= image.height();
        int shorter = upright ? image.width() : image.height();
        int longer = upright ? image.height() : image.width();
        // immich divides before it multiplies
        long scaled = (long) (convention == Convention.IMMICH ? (double) longer / shorter * size : (double) size * longer / shorter);
        if (scaled > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "expected an edge below 2^31 pixels after resizing, got %d × %d; crop it first".formatted(size, scaled));
        }
        return upright ? new Size(size, (int) scaled) : new Size((int) scaled, size);
    }

    /// {@return the image as the encoder takes it, `[3, h, w]`: the channels one after the other, (pixel · rescaleFactor − mean) / std}
    ///
    /// @param image of any size
    /// @throws IllegalArgumentException for an image so narrow that the reference implementation cannot resize it
    public Tensor apply(Image image) {
        Image cropped = resizeAndCrop(image);
        return Tensor.of(normalize(cropped), Shape.of(Image.CHANNELS, cropped.height(), cropped.width()));
    }

    private float[] normalize(Image image) {
        int pixels = image.width() * image.height();
        float[] channels = new float[Image.CHANNELS * pixels];
        byte[] rgb = image.samples();
        for (int c = 0; c < Image.CHANNELS; c++) {
            float[] normalized = new float[256];
            for (int v = 0; v < 256; v++) {
                normalized[v] = mean.isEmpty() ? rescaled(v) : normalized(v, mean.get(c).floatValue(), std.get(c).floatValue());
            }
            for (int i = 0; i < pixels; i++) {
                channels[c * pixels + i] = normalized[rgb[i * Image.CHANNELS + c] & 0xff];
            }
        }
        return channels;
    }

    /// In float32, as each reference implementation orders it.
    private float normalized(int v, float mean, float std) {
        return switch (convention) {
            case HUGGING_FACE, OPENAI -> (rescaled(v) - mean) / std;
            case HUGGING_FACE_TORCHVISION -> { // one step for rescaling and normalising: `_fuse_mean_std_and_rescale_factor`
                float levels = (float) (1 / rescaleFactor);
                yield (v - mean * levels) / (std * levels);
            }
            case IMMICH -> rescaled(v) * (1 / std) - mean / std;
        };
    }

    /// In float32, except for Hugging Face's with Pillow, which is a product in double.
    private float rescaled(int v) {
        return switch (convention) {
            case HUGGING_FACE -> (float) (v * rescaleFactor);
            case HUGGING_FACE_TORCHVISION -> v * (float) rescaleFactor;
            case OPENAI, IMMICH -> rescaleFactor == 1 / 255.0 ? v / 255f : (float) (v * rescaleFactor);
        };
    }
}
