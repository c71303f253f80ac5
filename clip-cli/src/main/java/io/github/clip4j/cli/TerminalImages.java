package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Ways to show an image within the text of a terminal.
enum TerminalImages {
    /// Kitty, Ghostty: https://sw.kovidgoyal.net/kitty/graphics-protocol/
    KITTY {
        @Override
        String show(Image image, int lines) {
            String data = Base64.getEncoder().encodeToString(PngWriter.write(image.width(), image.height(), image.toRgb()));
            StringBuilder text = new StringBuilder();
            for (int from = 0; from < data.length(); from += KITTY_CHUNK) {
                int to = Math.min(data.length(), from + KITTY_CHUNK);
                // a: transmit and display; f: PNG; r: lines high; q: no answer, which a shell would take for typed text; m: more follows
                String control = from == 0 ? "a=T,f=100,q=2,r=" + lines + "," : "";
                text.append(ESC + "_G").append(control).append("m=").append(to < data.length() ? 1 : 0).append(';')
                        .append(data, from, to).append(ESC + "\\");
            }
            return text.append('\n').toString();
        }
    },

    /// iTerm2, WezTerm: https://iterm2.com/documentation-images.html
    ITERM {
        @Override
        String show(Image image, int lines) {
            byte[] png = PngWriter.write(image.width(), image.height(), image.toRgb());
            return String.format(Locale.ROOT, ESC + "]1337;File=inline=1;size=%d;height=%d;preserveAspectRatio=1:%s\u0007\n",
                    png.length, lines, Base64.getEncoder().encodeToString(png));
        }
    },

    /// xterm -ti vt340, foot, mlterm and others, after DEC's VT340: six rows of pixels a line, one colour after the other.
    SIXEL {
        @Override
        String show(Image image, int lines) {
            int width = image.width();
            int height = image.height();
            byte[] colors = quantize(image);
            StringBuilder text = new StringBuilder(ESC + "P0;1;0q\"1;1;" + width + ";" + height);
            for (int color = 0; color < LEVELS * LEVELS * LEVELS; color++) {
                text.append(String.format(Locale.ROOT, "#%d;2;%d;%d;%d", color, percent(color / (LEVELS * LEVELS)),
                        percent(color / LEVELS % LEVELS), percent(color % LEVELS)));
            }
            for (int top = 0; top < height; top += BAND) {
                band(colors, width, Math.min(BAND, height - top), top, text);
                text.append('-');
            }
            return text.append(ESC + "\\\n").toString();
        }
    };

    static final int BAND = 6;

    private static final String ESC = "\u001b";
    private static final int KITTY_CHUNK = 4096;
    private static final int LEVELS = 6;
    private static final int STEP = 255 / (LEVELS - 1);

    /// Thresholds of ordered dithering (Bayer 1973), sixteenths of a step between two levels.
    private static final int[] BAYER = {0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5};

    /// {@return what shows an image, with the end of its line}
    ///
    /// @param lines of text that it covers, where the terminal scales it
    abstract String show(Image image, int lines);

    /// {@return how the terminal of these environment variables shows images} Null for one that does not, or does not say so.
    static @Nullable TerminalImages of(Map<String, String> environment) {
        String term = environment.getOrDefault("TERM", "");
        String program = environment.getOrDefault("TERM_PROGRAM", "");
        if (environment.containsKey("TMUX") || term.startsWith("screen") || term.startsWith("tmux")) {
            return null; // they pass on what they know only
        }
        if (environment.containsKey("KITTY_WINDOW_ID") || term.equals("xterm-kitty") || term.equals("xterm-ghostty")) {
            return KITTY;
        }
        if (program.equals("iTerm.app") || program.equals("WezTerm")) {
            return ITERM;
        }
        return term.startsWith("foot") || term.startsWith("mlterm") || term.contains("sixel") || term.equals("xterm-vt340") ? SIXEL : null;
    }

    /// A colour of 6 × 6 × 6 for each pixel, red in front.
    private static byte[] quantize(Image image) {
        byte[] rgb = image.toRgb();
        byte[] colors = new byte[rgb.length / 3];
        for (int i = 0; i < colors.length; i++) {
            int threshold = STEP * BAYER[i / image.width() % 4 * 4 + i % image.width() % 4] / BAYER.length;
            int color = 0;
            for (int c = 0; c < 3; c++) {
                color = color * LEVELS + Math.min(LEVELS - 1, ((rgb[3 * i + c] & 0xff) + threshold) / STEP);
            }
            colors[i] = (byte) color;
        }
        return colors;
    }

    private static int percent(int level) {
        return 100 * level / (LEVELS - 1);
    }

    /// Up to six rows: for each colour a line of characters whose low six bits are the pixels below each other that have it.
    private static void band(byte[] colors, int width, int rows, int top, StringBuilder text) {
        for (int color = 0; color < LEVELS * LEVELS * LEVELS; color++) {
            int[] columns = new int[width];
            for (int row = 0; row < rows; row++) {
                for (int x = 0; x < width; x++) {
                    if ((colors[(top + row) * width + x] & 0xff) == color) {
                        columns[x] |= 1 << row;
                    }
                }
            }
            if (Arrays.stream(columns).allMatch(bits -> bits == 0)) {
                continue;
            }
            text.append('#').append(color);
            for (int x = 0; x < width; ) {
                int end = x;
                while (end < width && columns[end] == columns[x]) {
                    end++;
                }
                text.append('!').append(end - x).append((char) ('?' + columns[x]));
                x = end;
            }
            text.append('$'); // back to the first column
        }
    }
}
