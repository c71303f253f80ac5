package io.github.clip4j.image;

import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import org.w3c.dom.NodeList;

/// Where the first frame of a GIF lies on its screen. ImageIO returns the frame alone; Pillow returns the screen, whose other pixels have
/// the frame's transparent colour, or colour 0 when it has none (python-pillow/Pillow `GifImagePlugin.py`, `load_prepare`).
///
/// @param width of the screen, pixels
/// @param height of the screen, pixels
/// @param left the frame's first column
/// @param top the frame's first row
/// @param background the palette's index of what the frame does not cover
record GifScreen(int width, int height, int left, int top, int background) {
    /// Reads the screen of a GIF.
    static GifScreen of(ImageReader reader) throws IOException {
        IIOMetadataNode stream = tree(reader.getStreamMetadata());
        IIOMetadataNode frame = tree(reader.getImageMetadata(0));
        boolean transparent = attribute(frame, "GraphicControlExtension", "transparentColorFlag", "FALSE").equals("TRUE");
        int left = integer(frame, "ImageDescriptor", "imageLeftPosition");
        int top = integer(frame, "ImageDescriptor", "imageTopPosition");
        return new GifScreen( // a screen grows to hold its first frame
                Math.max(integer(stream, "LogicalScreenDescriptor", "logicalScreenWidth"), left + reader.getWidth(0)),
                Math.max(integer(stream, "LogicalScreenDescriptor", "logicalScreenHeight"), top + reader.getHeight(0)), left, top,
                transparent ? integer(frame, "GraphicControlExtension", "transparentColorIndex") : 0);
    }

    /// The frame, a byte a pixel, on its screen.
    Image place(Image frame) {
        byte[] indices = new byte[Math.multiplyExact(width, height)];
        Arrays.fill(indices, (byte) background);
        for (int y = 0; y < frame.height(); y++) {
            System.arraycopy(frame.samples(), y * frame.width(), indices, (top + y) * width + left, frame.width());
        }
        return frame.like(width, height, indices);
    }

    private static IIOMetadataNode tree(IIOMetadata metadata) {
        return (IIOMetadataNode) metadata.getAsTree(metadata.getNativeMetadataFormatName());
    }

    private static int integer(IIOMetadataNode tree, String element, String name) {
        return Integer.parseInt(attribute(tree, element, name, "0"));
    }

    private static String attribute(IIOMetadataNode tree, String element, String name, String absent) {
        NodeList elements = tree.getElementsByTagName(element);
        return elements.getLength() == 0 ? absent : ((IIOMetadataNode) elements.item(0)).getAttribute(name);
    }
}
