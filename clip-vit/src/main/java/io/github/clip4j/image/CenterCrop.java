package io.github.clip4j.image;

/// The middle of a picture.
public final class CenterCrop {
    private CenterCrop() {}

    /// The middle `width` × `height` pixels as Hugging Face cuts them: offsets are rounded down, and a picture that is too small stands in the middle
    /// of black, its offset rounded up (huggingface/transformers `image_transforms.py`, `center_crop`).
    public static Image crop(Image image, int width, int height) {
        int left = Math.floorDiv(image.width() - width, 2);
        int top = Math.floorDiv(image.height() - height, 2);
        byte[] rgb = new byte[width * height * Image.CHANNELS];
        int from = Math.max(0, left);
        int to = Math.min(image.width(), left + width);
        for (int y = Math.max(0, top); y < Math.min(image.height(), top + height); y++) {
            System.arraycopy(
                    image.rgb(), (y * image.width() + from) * Image.CHANNELS, rgb, ((y - top) * width + from - left) * Image.CHANNELS,
                    (to - from) * Image.CHANNELS);
        }
        return new Image(width, height, rgb);
    }
}
