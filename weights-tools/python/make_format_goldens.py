"""Writes clip-image/src/test/resources/images/formats: small files of the layouts that image formats have, and what Pillow 12.3 makes of
each: its size, and CRC-32 sums of its pixels as RGB, after openai/CLIP's preparation to 30 x 30, and after RGB first and the same
preparation. Files whose name ends in `.cut` lack their end; Pillow reads them with LOAD_TRUNCATED_IMAGES.

python make_format_goldens.py    # needs numpy and Pillow 12.3
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageFile

FOLDER = Path(__file__).resolve().parents[2] / "clip-image/src/test/resources/images/formats"
WIDTH, HEIGHT, SIZE = 37, 41, 30
rng = np.random.default_rng(15)


def smooth(channels, width=WIDTH, height=HEIGHT):
    y, x = np.mgrid[0:height, 0:width]
    planes = [(np.sin(x / (5 + k)) + np.cos(y / (7 + k))) * 60 + 128 + rng.integers(-8, 8, (height, width)) for k in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def noise(count):
    return rng.integers(0, 256, count).astype(np.uint8).tobytes()


def put(name, data):
    (FOLDER / name).write_bytes(data)


def save(image, name, **options):
    image.save(FOLDER / name, **options)


def tiff(name, order, tags, blocks, big=False):
    """A TIFF file of one directory; a tag is (letter of struct, values)."""
    e = "<" if order == "II" else ">"
    start = 16 if big else 8
    offsets, body = [], b""
    for block in blocks:
        offsets.append(start + len(body))
        body += block
    body += b"\0" * (len(body) % 2)
    tags = {256: ("H", [WIDTH]), 257: ("H", [HEIGHT]), **tags}
    where, sizes = (324, 325) if 322 in tags else (273, 279)
    tags |= {where: ("I", offsets), sizes: ("I", [len(block) for block in blocks])}
    at = start + len(body)
    head = struct.pack(e + "HHHQ", 43, 8, 0, at) if big else struct.pack(e + "HI", 42, at)
    entry, inline = (20, 8) if big else (12, 4)
    rest_at = at + (8 if big else 2) + entry * len(tags) + inline
    rest, table = b"", struct.pack(e + ("Q" if big else "H"), len(tags))
    for tag in sorted(tags):
        letter, values = tags[tag]
        data = struct.pack(e + str(len(values)) + letter, *values)
        table += struct.pack(e + ("HHQ" if big else "HHI"), tag, {"B": 1, "H": 3, "I": 4}[letter], len(values))
        if len(data) <= inline:
            table += data.ljust(inline, b"\0")
        else:
            table += struct.pack(e + ("Q" if big else "I"), rest_at + len(rest))
            rest += data + b"\0" * (len(data) % 2)
    put(name, order.encode() + head + body + table + b"\0" * inline + rest)


def raw_tiff(name, order, photometric, bits, form=1, extra=(), fill=1, compression=1, planar=1, big=False, floats=False, more=None):
    row = (WIDTH * sum(bits) + 7) // 8
    data = noise(row * HEIGHT)
    if floats:
        data = (rng.random(WIDTH * HEIGHT) * 300 - 20).astype(("<" if order == "II" else ">") + "f4").tobytes()
    if planar == 2:
        blocks = [noise((WIDTH * b + 7) // 8 * HEIGHT) for b in bits]
    else:
        blocks = [data[i:i + 10 * row] for i in range(0, len(data), 10 * row)]
    if compression == 8:
        blocks = [zlib.compress(block) for block in blocks]
    tags = {258: ("H", bits), 259: ("H", [compression]), 262: ("H", [photometric]), 277: ("H", [len(bits)]),
            278: ("H", [HEIGHT if planar == 2 else 10]), 284: ("H", [planar])}
    if fill != 1:
        tags[266] = ("H", [fill])
    if form != 1:
        tags[339] = ("H", [form] * len(bits))
    if extra:
        tags[338] = ("H", list(extra))
    if photometric == 3:
        tags[320] = ("H", [int(v) for v in rng.integers(0, 65536, 3 * 2 ** min(8, bits[0]))])
    tiff(name, order, tags | (more or {}), blocks, big)


def tiffs(images):
    raw_tiff("float.tif", "II", 1, [32], form=3, floats=True)
    raw_tiff("float_mm.tif", "MM", 1, [32], form=3, floats=True)
    raw_tiff("float_deflate_mm.tif", "MM", 1, [32], form=3, floats=True, compression=8)
    save(images["f"], "float_predictor3.tif", compression="tiff_adobe_deflate", tiffinfo={317: 3})
    raw_tiff("bits12.tif", "II", 1, [12])
    raw_tiff("bits12_deflate.tif", "II", 1, [12], compression=8)
    raw_tiff("signed16.tif", "II", 1, [16], form=2)
    raw_tiff("signed16_deflate_mm.tif", "MM", 1, [16], form=2, compression=8)
    raw_tiff("unsigned32.tif", "II", 1, [32])
    raw_tiff("signed32_mm.tif", "MM", 1, [32], form=2)
    raw_tiff("grey16.tif", "II", 0, [16])
    raw_tiff("grey16_mm_deflate.tif", "MM", 1, [16], compression=8)
    raw_tiff("grey2_reversed.tif", "II", 0, [2], fill=2)
    raw_tiff("grey4.tif", "MM", 1, [4])
    raw_tiff("palette4.tif", "II", 3, [4])
    raw_tiff("palette_ignored.tif", "II", 3, [8, 8], extra=(0,))
    raw_tiff("grey_alpha.tif", "II", 1, [8, 8], extra=(2,))
    raw_tiff("rgb16_mm.tif", "MM", 2, [16] * 3)
    raw_tiff("rgba16_deflate.tif", "II", 2, [16] * 4, extra=(2,), compression=8)
    raw_tiff("rgba_associated.tif", "II", 2, [8] * 4, extra=(1,))
    raw_tiff("rgbax.tif", "MM", 2, [8] * 5, extra=(2, 0))
    raw_tiff("cmyk16.tif", "II", 5, [16] * 4)
    raw_tiff("planes.tif", "II", 2, [8] * 3, planar=2)
    raw_tiff("planes16_deflate.tif", "MM", 2, [16] * 3, planar=2, compression=8)
    raw_tiff("planes_alpha_deflate.tif", "II", 2, [8] * 4, extra=(2,), planar=2, compression=8)
    raw_tiff("big.tif", "II", 2, [8] * 3, big=True)
    for orientation in (2, 5, 6, 8):
        raw_tiff(f"turned{orientation}.tif", "II", 2, [8] * 3, more={274: ("H", [orientation])})
    tiles = [noise(16 * 32 * 3) for _ in range(6)]
    raw = {258: ("H", [8] * 3), 259: ("H", [1]), 262: ("H", [2]), 277: ("H", [3]), 322: ("H", [16]), 323: ("H", [32])}
    tiff("tiles.tif", "II", raw, tiles)
    tiff("tiles_deflate_predictor.tif", "MM", raw | {259: ("H", [8]), 317: ("H", [2])}, [zlib.compress(t) for t in tiles])
    for compression in ("tiff_lzw", "packbits"):
        save(images["rgb"], f"rgb_{compression}.tif", compression=compression)
    save(images["i16"], "grey16_lzw_predictor.tif", compression="tiff_lzw", tiffinfo={317: 2})
    for kind in ("rgb", "grey", "cmyk"):
        save(images[kind], f"{kind}_jpeg.tif", compression="jpeg")
    for compression in ("group3", "group4", "tiff_ccitt"):
        save(images["bilevel"], f"fax_{compression}.tif", compression=compression)
        save(images["bilevel"], f"fax_{compression}_turned.tif", compression=compression, tiffinfo={274: 6})
    save(images["bilevel"], "fax_group3_two.tif", compression="group3", tiffinfo={292: 1})
    wide = Image.fromarray(((rng.random((6, 2700)) < 0.01) * 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
    for compression in ("group3", "group4"):
        save(wide, f"fax_wide_{compression}.tif", compression=compression, tiffinfo={266: 2})


MASKS = {"v5_bgra": (124, 32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)), "v5_rgba": (124, 32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
         "v4_abgr": (108, 32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)), "v3_none": (56, 32, (0, 0, 0, 0)),
         "v1_bgrx": (40, 32, (0xFF0000, 0xFF00, 0xFF)), "v2_565": (52, 16, (0xF800, 0x7E0, 0x1F)), "v5_555": (124, 16, (0x7C00, 0x3E0, 0x1F))}


def bmp(name, size, bits, compression, data, masks=(), palette=b"", colors=0, height=HEIGHT):
    head = struct.pack("<IiiHHIIiiII", size, WIDTH, height, 1, bits, compression, len(data), 2835, 2835, colors, 0)
    masks = b"".join(struct.pack("<I", mask) for mask in masks)
    head = (head + masks).ljust(size, b"\0") if size > 40 else head + masks
    at = 14 + len(head) + len(palette)
    put(name, b"BM" + struct.pack("<IHHI", at + len(data), 0, 0, at) + head + palette + data)


def bmps():
    for name, (size, bits, masks) in MASKS.items():
        bmp(f"{name}.bmp", size, bits, 3, noise((WIDTH * bits + 31) // 32 * 4 * HEIGHT), masks, height=-HEIGHT if size == 108 else HEIGHT)
    bmp("rgb555.bmp", 40, 16, 0, noise((WIDTH * 16 + 31) // 32 * 4 * HEIGHT))
    bmp("palette7.bmp", 40, 4, 0, noise((WIDTH * 4 + 31) // 32 * 4 * HEIGHT), palette=noise(28), colors=7)
    runs = b"".join(bytes([WIDTH - 5, 0x12, 0, 5]) + noise(2) + b"\0\0" + b"\1\3" * 5 + b"\0\0" for _ in range(HEIGHT))
    bmp("runs4.bmp", 40, 4, 2, runs + b"\0\1", palette=noise(64), colors=16)


def pngs():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    for color, depth in ((0, 1), (0, 2), (0, 16), (2, 8), (2, 16), (3, 2), (4, 8), (4, 16), (6, 8)):
        raw = b""
        for x, y, across, down in passes:
            pixels = (WIDTH - x + across - 1) // across
            for _ in range(y, HEIGHT, down):
                raw += bytes([int(rng.integers(0, 5))]) + noise((pixels * depth * channels[color] + 7) // 8)
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, 1))
        colors = chunk(b"PLTE", noise(3 * 4)) + chunk(b"tRNS", bytes([255, 0, 90])) if color == 3 else b""
        put(f"interlaced_{color}_{depth}.png", b"\x89PNG\r\n\x1a\n" + head + colors + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def netpbm():
    for letter, most in (("P5", 65535), ("P5", 4095), ("P5", 100), ("P6", 1000), ("P6", 3)):
        values = rng.integers(0, most + 1, (HEIGHT, WIDTH, 1 if letter == "P5" else 3)).astype(">u2" if most > 255 else "u1")
        put(f"{letter}_{most}.{'pgm' if letter == 'P5' else 'ppm'}", f"{letter}\n# c\n{WIDTH} {HEIGHT}\n{most}\n".encode() + values.tobytes())
    put("plain_1000.pgm", f"P2 {WIDTH} {HEIGHT} 1000\n".encode() + b" ".join(b"%d" % v for v in rng.integers(0, 1001, WIDTH * HEIGHT)))
    put("float.pfm", f"Pf\n{WIDTH} {HEIGHT}\n-1.0\n".encode() + (rng.random(WIDTH * HEIGHT) * 300 - 20).astype("<f4").tobytes())


def others(images):
    for kind in ("rgb", "rgba", "grey", "palette"):
        save(images[kind], f"{kind}.tga", compression=None)
        save(images[kind], f"{kind}_runs.tga", compression="tga_rle", orientation=1)
    save(images["grey_alpha"], "grey_alpha.tga")
    save(images["bilevel"], "bilevel.tga")
    for kind in ("rgb", "grey", "palette", "bilevel"):
        save(images[kind], f"{kind}.pcx")
    for kind in ("rgb", "rgba", "grey"):
        save(images[kind], f"{kind}.sgi")
    save(images["rgb"], "rgb16.sgi", bpc=2)
    rows = [[bytes([0x80 | 20]) + noise(20) + bytes([WIDTH - 20, int(rng.integers(0, 256)), 0]) for _ in range(HEIGHT)] for _ in range(3)]
    data, starts, lengths = b"", [], []
    for plane in rows:
        for row in plane:
            starts.append(512 + 8 * 3 * HEIGHT + len(data))
            lengths.append(len(row))
            data += row
    head = struct.pack(">hBBHHHH", 474, 1, 1, 3, WIDTH, HEIGHT, 3).ljust(512, b"\0")
    put("runs.sgi", head + struct.pack(f">{len(starts)}I{len(lengths)}I", *starts, *lengths) + data)
    save(images["rgba"], "rgba.qoi")
    save(images["rgb"], "rgb.qoi")
    save(images["palette"], "transparent.gif", transparency=3)
    save(images["palette"], "transparent.png", transparency=bytes(range(100)))
    save(images["rgb"], "headerless.dib")
    save(images["grey"], "interlaced.gif", interlace=1)


def cuts():
    for name in ("interlaced_2_8.png", "rgb_0.png", "transparent.gif", "interlaced.gif", "v5_bgra.bmp", "planes.tif", "rgb_runs.tga", "rgb.pcx",
                 "rgb.sgi", "P5_65535.pgm", "rgb_420.jpg", "rgb_444.jpg"):
        data = (FOLDER / name).read_bytes()
        put(f"{name}.cut", data[:len(data) * (17 if name.endswith("jpg") else 12) // 20] if name != "planes.tif" else data)
    # the directory of a TIFF file made here comes last, so a strip is moved beyond the end instead
    data = bytearray((FOLDER / "planes.tif").read_bytes())
    at = data.find(struct.pack("<I", 8 + 2 * WIDTH * HEIGHT), 8 + 3 * WIDTH * HEIGHT)
    data[at:at + 4] = struct.pack("<I", len(data) - 20 * WIDTH)
    put("planes.tif.cut", bytes(data))


def crc(image):
    return format(zlib.crc32(image.convert("RGB").tobytes()), "08x")


def prepared(image):
    width, height = image.size
    size = (SIZE, int(SIZE * height / width)) if width <= height else (int(SIZE * width / height), SIZE)
    image = image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)
    left, top = round((size[0] - SIZE) / 2), round((size[1] - SIZE) / 2)
    return image.crop((left, top, left + SIZE, top + SIZE))


def main():
    assert PIL.__version__.startswith("12.3"), PIL.__version__
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    images = {"rgb": Image.fromarray(smooth(3)), "rgba": Image.fromarray(smooth(4)), "grey": Image.fromarray(smooth(1)[..., 0]),
              "cmyk": Image.fromarray(smooth(4), "CMYK"), "f": Image.fromarray(smooth(1)[..., 0].astype(np.float32) * 1.3 - 20),
              "i16": Image.fromarray(smooth(1)[..., 0].astype(np.uint16) * 2)}
    images["grey_alpha"] = images["rgba"].convert("LA")
    images["palette"] = images["rgb"].quantize(100)
    images["bilevel"] = images["grey"].convert("1")
    tiffs(images)
    bmps()
    pngs()
    netpbm()
    others(images)
    save(images["rgb"], "rgb_0.png")
    save(images["rgb"], "rgb_420.jpg")
    save(images["rgb"], "rgb_444.jpg", subsampling=0)
    cuts()
    lines = []
    for file in sorted(FOLDER.iterdir()):
        ImageFile.LOAD_TRUNCATED_IMAGES = file.suffix == ".cut"
        image = Image.open(io.BytesIO(file.read_bytes()))
        image.load()
        lines.append("\t".join([file.name, "%dx%d" % image.size, crc(image), crc(prepared(image)), crc(prepared(image.convert("RGB")))]))
    (FOLDER / "EXPECTED.tsv").write_text("\n".join(lines) + "\n")
    print(len(lines), "files,", sum(f.stat().st_size for f in FOLDER.iterdir()), "bytes")


main()
