package io.github.clip4j.image;

import java.util.Arrays;

/// A rectangle in the coordinates of an image, in pixels. It may reach beyond the image's edges.
record Window(int left, int top, int width, int height) {
    /// The middle `width` × `height` pixels of an image of `imageWidth` × `imageHeight`.
    ///
    /// Where half the difference is not a whole number, Hugging Face with Pillow rounds the offset down when cutting and up when padding
    /// (huggingface/transformers `image_transforms.py`, `center_crop`), and with torchvision it rounds down in both cases
    /// (`image_processing_backends.py`), as immich does (`transforms.py`, `crop_pil`); torchvision's own `center_crop` rounds to even when
    /// cutting and down when padding (pytorch/vision `transforms/functional.py`).
    static Window center(int imageWidth, int imageHeight, int width, int height, ClipPreprocess.Convention convention) {
        return new Window(offset(imageWidth - width, convention), offset(imageHeight - height, convention), width, height);
    }

    private static int offset(int difference, ClipPreprocess.Convention convention) {
        return switch (convention) {
            case HUGGING_FACE -> Math.floorDiv(difference, 2);
            case HUGGING_FACE_TORCHVISION, IMMICH -> difference / 2; // towards 0
            case OPENAI -> difference >= 0 ? (int) Math.rint(difference / 2.0) : -(-difference / 2);
        };
    }

    /// The part of this window that lies within an image of `imageWidth` × `imageHeight` pixels.
    Window within(int imageWidth, int imageHeight) {
        int x = Math.max(0, left);
        int y = Math.max(0, top);
        return new Window(x, y, Math.min(imageWidth, left + width) - x, Math.min(imageHeight, top + height) - y);
    }

    /// The pixels of an image within this window, which must not reach beyond the image.
    Image of(Image image) {
        if (width == image.width() && height == image.height()) {
            return image;
        }
        return new Window(0, 0, width, height).around(image, -left, -top, 0);
    }

    /// An image of this window's size: `part` with its upper left corner at (`x`, `y`), surrounded by pixels whose samples are all `fill`.
    Image around(Image part, int x, int y, int fill) {
        int bytes = part.mode().bytes();
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), bytes)];
        Arrays.fill(samples, (byte) fill);
        int from = Math.max(0, x);
        int to = Math.min(width, x + part.width());
        for (int row = Math.max(0, y); row < Math.min(height, y + part.height()); row++) {
            System.arraycopy(
                    part.samples(), ((row - y) * part.width() + from - x) * bytes, samples, (row * width + from) * bytes,
                    (to - from) * bytes);
        }
        return part.like(width, height, samples);
    }
}
