package io.github.clip4j.image;

import java.util.Arrays;

/// The middle of a picture.
public final class CenterCrop {
    private CenterCrop() {}

    /// The middle `width` × `height` pixels. A picture that is too small stands in the middle of the fill.
    ///
    /// Where half the difference is no whole number, Hugging Face rounds the offset down when cutting and up when padding
    /// (huggingface/transformers `image_transforms.py`, `center_crop`), torchvision to even when cutting and down when padding
    /// (`transforms/functional.py`, `center_crop`).
    ///
    /// @param fill the value of all samples of an added pixel
    static Image crop(Image image, int width, int height, ClipPreprocess.Convention convention, int fill) {
        int left = offset(image.width() - width, convention);
        int top = offset(image.height() - height, convention);
        int bytes = image.mode().bytes();
        byte[] samples = new byte[width * height * bytes];
        Arrays.fill(samples, (byte) fill);
        int from = Math.max(0, left);
        int to = Math.min(image.width(), left + width);
        for (int y = Math.max(0, top); y < Math.min(image.height(), top + height); y++) {
            System.arraycopy(
                    image.samples(), (y * image.width() + from) * bytes, samples, ((y - top) * width + from - left) * bytes,
                    (to - from) * bytes);
        }
        return image.like(width, height, samples);
    }

    private static int offset(int difference, ClipPreprocess.Convention convention) {
        return switch (convention) {
            case HUGGING_FACE -> Math.floorDiv(difference, 2);
            case OPENAI -> difference >= 0 ? (int) Math.rint(difference / 2.0) : -(-difference / 2);
        };
    }
}
