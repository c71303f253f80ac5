package io.github.clip4j.image;

import java.util.Arrays;

/// A part of a picture, in its pixels. It may reach beyond the picture, where nothing is.
record Window(int left, int top, int width, int height) {
    /// The middle `width` × `height` pixels of a picture of `pictureWidth` × `pictureHeight`.
    ///
    /// Where half the difference is no whole number, Hugging Face rounds the offset down when cutting and up when padding
    /// (huggingface/transformers `image_transforms.py`, `center_crop`), torchvision to even when cutting and down when padding
    /// (`transforms/functional.py`, `center_crop`).
    static Window center(int pictureWidth, int pictureHeight, int width, int height, ClipPreprocess.Convention convention) {
        return new Window(offset(pictureWidth - width, convention), offset(pictureHeight - height, convention), width, height);
    }

    private static int offset(int difference, ClipPreprocess.Convention convention) {
        return switch (convention) {
            case HUGGING_FACE -> Math.floorDiv(difference, 2);
            case OPENAI -> difference >= 0 ? (int) Math.rint(difference / 2.0) : -(-difference / 2);
        };
    }

    /// The part of this window that lies within a picture of `pictureWidth` × `pictureHeight` pixels.
    Window within(int pictureWidth, int pictureHeight) {
        int x = Math.max(0, left);
        int y = Math.max(0, top);
        return new Window(x, y, Math.min(pictureWidth, left + width) - x, Math.min(pictureHeight, top + height) - y);
    }

    /// What the window shows of a picture that it lies within.
    Image of(Image picture) {
        if (width == picture.width() && height == picture.height()) {
            return picture;
        }
        return new Window(0, 0, width, height).around(picture, -left, -top, 0);
    }

    /// A picture of this window's extents: `part` with its corner at (`x`, `y`), and around it pixels whose samples all are `fill`.
    Image around(Image part, int x, int y, int fill) {
        int bytes = part.mode().bytes();
        byte[] samples = new byte[Math.multiplyExact(Math.multiplyExact(width, height), bytes)];
        Arrays.fill(samples, (byte) fill);
        int from = Math.max(0, x);
        int to = Math.min(width, x + part.width());
        for (int row = Math.max(0, y); row < Math.min(height, y + part.height()); row++) {
            System.arraycopy(part.samples(), ((row - y) * part.width() + from - x) * bytes, samples, (row * width + from) * bytes, (to - from) * bytes);
        }
        return part.like(width, height, samples);
    }
}
