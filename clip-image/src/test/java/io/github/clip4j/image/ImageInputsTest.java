package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.testkit.ReferenceData;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The ways in which an image comes to a service: as a file, bytes, a stream, or decoded by something else.
class ImageInputsTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");
    private static final ImageOptions UPRIGHT = ImageOptions.defaults().withUpright(true);

    private static byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(IMAGES.resolve(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.png", "turned.jpg", "icon.ico", "colours.ppm", "palette.gif", "rgba.tif", "grey.bmp"})
    void fileBytesAndStreamAreOneImage(String name) throws IOException {
        for (ImageOptions options : new ImageOptions[] {ImageOptions.defaults(), UPRIGHT}) {
            Image expected = ImageFile.read(IMAGES.resolve(name), options);
            assertSame(ImageFile.read(bytes(name), name, options), expected);
            assertSame(ImageFile.read(new ByteArrayInputStream(bytes(name)), name, options), expected);
        }
        assertSame(ImageFile.read(bytes(name)), ImageFile.read(IMAGES.resolve(name)));
        assertSame(ImageFile.read(new ByteArrayInputStream(bytes(name))), ImageFile.read(IMAGES.resolve(name)));
    }

    @Test
    void aDataUrlIsTheImageOfItsBytes() throws IOException {
        String base64 = Base64.getEncoder().encodeToString(bytes("rgb.png"));
        Image expected = ImageFile.read(bytes("rgb.png"));
        for (String url : new String[] {
            "data:image/png;base64," + base64, "DATA:;base64," + base64.replace("+", "%2B").replace("/", "%2F"),
            "data:image/jpeg;charset=x;base64," + base64.replaceAll("(.{60})", "$1\r\n")
        }) {
            assertSame(ImageFile.readDataUrl(url, "inputs[0]", ImageOptions.defaults()), expected);
        }
        for (String url : new String[] {
            "", "data:", "data:,", "data:image/png,abc", "http://localhost/a.png", base64, "data:image/png;base64,%", "data:;base64,A"
        }) {
            assertThatThrownBy(() -> ImageFile.readDataUrl(url, "inputs[0]", ImageOptions.defaults()))
                    .as(url).isInstanceOf(ImageFormatException.class).hasMessageStartingWith("inputs[0]: expected ");
        }
    }

    private static void assertSame(Image actual, Image expected) {
        assertThat(actual.toString()).isEqualTo(expected.toString());
        assertThat(actual.samples()).isEqualTo(expected.samples());
        assertThat(actual.toRgb()).isEqualTo(expected.toRgb());
    }

    @Test
    void aStreamStaysOpenAndBytesStayAsTheyAre() throws IOException {
        boolean[] closed = {false};
        try (InputStream stream = new ByteArrayInputStream(bytes("rgb.png")) {
            @Override
            public void close() {
                closed[0] = true;
            }
        }) {
            ImageFile.read(stream);
            assertThat(closed[0]).isFalse();
            assertThat(stream.read()).as("read to its end").isEqualTo(-1);
        }
        byte[] jpeg = bytes("cmyk.jpg");
        byte[] before = jpeg.clone();
        ImageFile.read(jpeg);
        assertThat(jpeg).isEqualTo(before);
    }

    /// 70 × 50 pixels or so in each format: the limit is met exactly and missed by one.
    @ParameterizedTest
    @ValueSource(
            strings = {"rgb.png", "turned.jpg", "cmyk.jpg", "icon.ico", "colours.ppm", "bilevel.pbm", "palette.gif", "rgba.tif",
                "grey.bmp"})
    void aCallersLimitOnPixelsIsKept(String name) throws IOException {
        Image image = ImageFile.read(bytes(name));
        long pixels = (long) image.width() * image.height();
        assertThat(ImageFile.read(bytes(name), name, ImageOptions.defaults().withMaxPixels(pixels)).width()).isEqualTo(image.width());
        assertThatThrownBy(() -> ImageFile.read(bytes(name), name, UPRIGHT.withMaxPixels(pixels - 1)))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage("%s: expected at most %,d pixels, got %d × %d", name, pixels - 1, image.width(), image.height());
    }

    /// A file of 100 bytes that declares 12,000 × 12,000 pixels, of which none are there: a decoder that took memory for them first would
    /// need 432 MB.
    @Test
    void theLimitIsCheckedBeforeAnythingIsDecoded() {
        byte[] declared = "P6 12000 12000 255 ".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> ImageFile.read(declared, "upload", ImageOptions.defaults().withMaxPixels(20_000_000)))
                .hasMessage("upload: expected at most 20,000,000 pixels, got 12000 × 12000");
    }

    @Test
    void optionsAreValuesAndRefuseWhatCannotBe() {
        assertThat(UPRIGHT.withMaxPixels(5)).isEqualTo(ImageOptions.defaults().withMaxPixels(5).withUpright(true)).isNotEqualTo(UPRIGHT);
        assertThat(UPRIGHT.withPartial(true)).isEqualTo(ImageOptions.defaults().withPartial(true).withUpright(true)).isNotEqualTo(UPRIGHT);
        assertThat(UPRIGHT.withMaxPixels(1000)).hasToString("ImageOptions[upright=true, maxPixels=1,000, partial=false]");
        assertThatThrownBy(() -> UPRIGHT.withMaxPixels(0)).hasMessage("maxPixels: expected 1 to 178,956,970, got 0");
        assertThatThrownBy(() -> UPRIGHT.withMaxPixels(178_956_971)).hasMessage("maxPixels: expected 1 to 178,956,970, got 178,956,971");
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullIsNamed() {
        assertThatThrownBy(() -> ImageFile.read((byte[]) null)).isInstanceOf(NullPointerException.class).hasMessage("file is null");
        assertThatThrownBy(() -> ImageFile.read((InputStream) null)).isInstanceOf(NullPointerException.class).hasMessage("file is null");
        assertThatThrownBy(() -> ImageFile.read((Path) null)).isInstanceOf(NullPointerException.class).hasMessage("file is null");
        assertThatThrownBy(() -> ImageFile.read(new byte[3], "x", null))
                .isInstanceOf(NullPointerException.class).hasMessage("options is null");
        assertThatThrownBy(() -> Image.of(null)).isInstanceOf(NullPointerException.class).hasMessage("buffered is null");
        assertThatThrownBy(() -> Image.ofRgb(1, 1, null)).isInstanceOf(NullPointerException.class).hasMessage("rgb is null");
        assertThatThrownBy(() -> ClipPreprocess.openAi(8).apply(null)).isInstanceOf(NullPointerException.class).hasMessage("image is null");
    }

    /// Files that the JDK reads as they are, so that its image and ours must be one: in mode, palette and every sample.
    @ParameterizedTest
    @ValueSource(strings = {"rgb.png", "tall.png", "rgba.png", "grey_alpha.png", "palette.png", "bilevel.png"})
    void aBufferedImageIsTheImageOfItsFile(String name) throws IOException {
        BufferedImage buffered = Objects.requireNonNull(ImageIO.read(IMAGES.resolve(name).toFile()));
        assertSame(Image.of(buffered), ImageFile.read(IMAGES.resolve(name)));
    }

    /// Colours whose channels are 0 or 255, so that every type holds them exactly.
    @ParameterizedTest
    @ValueSource(
            ints = {
                BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_ARGB_PRE, BufferedImage.TYPE_INT_BGR,
                BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR, BufferedImage.TYPE_4BYTE_ABGR_PRE,
                BufferedImage.TYPE_USHORT_565_RGB, BufferedImage.TYPE_USHORT_555_RGB, BufferedImage.TYPE_BYTE_INDEXED
            })
    void channelsAreInOrderInEveryType(int type) {
        Color[] colors = {Color.RED, Color.GREEN, Color.BLUE, Color.WHITE, Color.BLACK, Color.YELLOW};
        BufferedImage buffered = new BufferedImage(3, 2, type);
        byte[] expected = new byte[3 * 2 * 3];
        Graphics2D graphics = buffered.createGraphics();
        for (int i = 0; i < colors.length; i++) {
            graphics.setColor(colors[i]);
            graphics.fillRect(i % 3, i / 3, 1, 1);
            expected[3 * i] = (byte) colors[i].getRed();
            expected[3 * i + 1] = (byte) colors[i].getGreen();
            expected[3 * i + 2] = (byte) colors[i].getBlue();
        }
        graphics.dispose();
        assertThat(Image.of(buffered).toRgb()).isEqualTo(expected);
    }

    /// Half-transparent red, stored as 128 of 255: the colour comes back, 255 · 128 / 128.
    @Test
    void premultipliedColoursAreDivided() {
        BufferedImage buffered = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB_PRE);
        buffered.getRaster().setPixel(0, 0, new int[] {128, 0, 0, 128});
        assertThat(Image.of(buffered).toRgb()).containsExactly(255, 0, 0);
        assertThat(buffered.getRaster().getPixel(0, 0, (int[]) null))
                .as("the caller's image stays as it is")
                .containsExactly(128, 0, 0, 128);
    }

    @Test
    void greyLevelsAreTakenAsTheyAreStored() {
        BufferedImage grey = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(0, 0, 0, 100); // whose getRGB is 168: the JDK's grey is linear
        assertThat(Image.of(grey).toRgb()).containsExactly(100, 100, 100);
    }

    @Test
    void whatCannotBeTakenExactlyIsRefused() {
        ComponentColorModel floats = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_sRGB), false, false, Transparency.OPAQUE, DataBuffer.TYPE_FLOAT);
        WritableRaster raster = floats.createCompatibleWritableRaster(1, 1);
        assertThatThrownBy(() -> Image.of(new BufferedImage(floats, raster, false, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("buffered image: expected integer samples, got floating point; "
                        + "draw it into a BufferedImage.TYPE_INT_RGB first");
        ComponentColorModel xyz = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_CIEXYZ), false, false, Transparency.OPAQUE, DataBuffer.TYPE_BYTE);
        WritableRaster bytes = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 1, 1, 3, null);
        assertThatThrownBy(() -> Image.of(new BufferedImage(xyz, bytes, false, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("buffered image: expected grey, RGB or CMYK colours, got the colour space type 0; "
                        + "draw it into a BufferedImage.TYPE_INT_RGB first");
    }

    /// `turned.jpg` has the orientation 6.
    @Test
    void anOrientationThatTheCallerKnowsTurnsAnImage() throws IOException {
        assertSame(ImageFile.read(bytes("turned.jpg")).upright(6), ImageFile.read(bytes("turned.jpg"), "turned.jpg", UPRIGHT));
        Image image = ImageFile.read(bytes("rgb.png"));
        assertThat(image.upright(1)).isSameAs(image);
        assertThatThrownBy(() -> image.upright(0))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("EXIF orientation: expected 1 to 8, got 0");
        assertThatThrownBy(() -> image.upright(9)).hasMessage("EXIF orientation: expected 1 to 8, got 9");
    }
}
