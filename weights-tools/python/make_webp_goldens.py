"""Makes small WebP files of every kind, and the samples that Pillow decodes them to:

    python3 make_webp_goldens.py ../../clip-image/src/test/resources/images/webp     (needs Pillow alone)

NAME.webp is the file, NAME.png its samples in Pillow's mode; turned.upright.png are those turned by the EXIF orientation. Made with Pillow 12.3.0, whose
wheel holds libwebp 1.6.0. The encoder in that library is called directly, since Pillow does not offer the settings that some parts of the format need.
Deterministic for one version.
"""
import ctypes
import glob
import math
import os
import random
import struct
import sys

import PIL
from PIL import Image, ImageDraw, ImageOps, features

ENCODER_ABI = 0x0210


class Config(ctypes.Structure):
    """`WebPConfig` of libwebp's encode.h."""
    _fields_ = [(name, ctypes.c_float if name in ("quality", "target_psnr") else ctypes.c_int) for name in (
        "lossless", "quality", "method", "image_hint", "target_size", "target_psnr", "segments", "sns_strength", "filter_strength",
        "filter_sharpness", "filter_type", "autofilter", "alpha_compression", "alpha_filtering", "alpha_quality", "pass_",
        "show_compressed", "preprocessing", "partitions", "partition_limit", "emulate_jpeg_size", "thread_level", "low_memory", "near_lossless", "exact",
        "use_delta_palette", "use_sharp_yuv", "qmin", "qmax")]


class Picture(ctypes.Structure):
    """`WebPPicture`."""
    _fields_ = [
        ("use_argb", ctypes.c_int), ("colorspace", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("planes", ctypes.c_void_p * 3), ("strides", ctypes.c_int * 2), ("a", ctypes.c_void_p), ("a_stride", ctypes.c_int), ("pad1", ctypes.c_uint32 * 2),
        ("argb", ctypes.c_void_p), ("argb_stride", ctypes.c_int), ("pad2", ctypes.c_uint32 * 3), ("writer", ctypes.c_void_p),
        ("custom_ptr", ctypes.c_void_p), ("extra_info_type", ctypes.c_int), ("extra_info", ctypes.c_void_p), ("stats", ctypes.c_void_p),
        ("error_code", ctypes.c_int), ("hook", ctypes.c_void_p), ("user_data", ctypes.c_void_p), ("pad3", ctypes.c_uint32 * 3),
        ("pad45", ctypes.c_void_p * 2), ("pad6", ctypes.c_uint32 * 8), ("memory", ctypes.c_void_p * 4)]


class Writer(ctypes.Structure):
    """`WebPMemoryWriter`."""
    _fields_ = [("mem", ctypes.c_void_p), ("size", ctypes.c_size_t), ("max_size", ctypes.c_size_t), ("pad", ctypes.c_uint32)]


def library():
    folder = os.path.join(os.path.dirname(os.path.dirname(PIL.__file__)), "pillow.libs")
    for name in sorted(glob.glob(os.path.join(folder, "libsharpyuv-*.so*"))):
        ctypes.CDLL(name, ctypes.RTLD_GLOBAL)
    return ctypes.CDLL(glob.glob(os.path.join(folder, "libwebp-*.so*"))[0])


def encode(lib, image, **settings):
    """A WebP file with these settings of `WebPConfig`."""
    config, picture, writer = Config(), Picture(), Writer()
    assert lib.WebPConfigInitInternal(ctypes.byref(config), 0, ctypes.c_float(75), ENCODER_ABI)
    for name, value in settings.items():
        setattr(config, name, value)
    assert lib.WebPValidateConfig(ctypes.byref(config)), settings
    assert lib.WebPPictureInitInternal(ctypes.byref(picture), ENCODER_ABI)
    picture.width, picture.height = image.size
    picture.use_argb = 1
    samples = image.convert("RGBA").tobytes()
    assert lib.WebPPictureImportRGBA(ctypes.byref(picture), samples, 4 * image.width)
    lib.WebPMemoryWriterInit(ctypes.byref(writer))
    picture.writer = ctypes.cast(lib.WebPMemoryWrite, ctypes.c_void_p).value
    picture.custom_ptr = ctypes.addressof(writer)
    assert lib.WebPEncode(ctypes.byref(config), ctypes.byref(picture)), picture.error_code
    data = ctypes.string_at(writer.mem, writer.size)
    lib.WebPMemoryWriterClear(ctypes.byref(writer))
    lib.WebPPictureFree(ctypes.byref(picture))
    return data


def chunk(name, payload):
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def u24(value):
    return struct.pack("<I", value)[:3]


def vp8x(flags, width, height):
    return chunk(b"VP8X", struct.pack("<I", flags) + u24(width - 1) + u24(height - 1))


def image_chunks(data):
    """The chunks of a file's image: `ALPH`, `VP8 `, `VP8L`."""
    at, chunks = 12, {}
    while at < len(data):
        size, = struct.unpack_from("<I", data, at + 4)
        chunks[data[at:at + 4]] = data[at + 8:at + 8 + size]
        at += 8 + size + size % 2
    return chunks


def frame(x, y, image, data, how=0):
    parts = b"".join(chunk(name, payload) for name, payload in image_chunks(data).items() if name in (b"ALPH", b"VP8 ", b"VP8L"))
    return chunk(b"ANMF", u24(x // 2) + u24(y // 2) + u24(image.width - 1) + u24(image.height - 1) + u24(40) + bytes([how]) + parts)


def scene(width, height):
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            ring = 127 + 120 * math.sin(((x - width / 3) ** 2 + (y - height / 2) ** 2) / 90)
            image.putpixel((x, y), (int(ring), 255 * x // width, (x * y * 7) % 256 if x > width // 2 else 40))
    return image


def drawing(width, height):
    image = Image.new("RGB", (width, height), (250, 240, 200))
    draw = ImageDraw.Draw(image)
    for i in range(14):
        x, y = i * 37 % width, i * 23 % height
        draw.ellipse((x, y, x + 9 + i, y + 5 + i), fill=(i * 50 % 256, 255 - i * 16, i * 91 % 256))
    return image


def noise(seed, width, height):
    return Image.frombytes("RGB", (width, height), random.Random(seed).randbytes(3 * width * height))


def with_alpha(image, alpha=None):
    image = image.convert("RGB")
    image.putalpha(alpha or Image.radial_gradient("L").resize(image.size))
    return image


def main(directory):
    print("Pillow", PIL.__version__, "libwebp", features.version("webp"))
    os.makedirs(directory, exist_ok=True)
    lib = library()
    wide, tall, small = scene(75, 50), scene(41, 140), scene(34, 21)
    files = {}
    for quality, method in ((0, 0), (40, 6), (75, 4), (100, 3)):
        files[f"lossy_q{quality}"] = encode(lib, wide, quality=quality, method=method)
    files["lossy_simple_filter"] = encode(lib, wide, quality=20, filter_type=0, filter_strength=70)
    files["lossy_sharp_filter"] = encode(lib, wide, quality=20, filter_type=1, filter_strength=100, filter_sharpness=6)
    files["lossy_soft_filter"] = encode(lib, wide, quality=5, filter_type=1, filter_strength=60, filter_sharpness=3)
    files["lossy_no_filter"] = encode(lib, wide, quality=60, filter_strength=0, method=0)
    files["lossy_segments"] = encode(lib, tall, quality=30, segments=4, sns_strength=100, method=5)
    files["lossy_partitions"] = encode(lib, tall, quality=50, partitions=3)
    files["lossy_noise"] = encode(lib, noise(1, 33, 18), quality=90, use_sharp_yuv=1)
    for width, height in ((1, 1), (1, 9), (16, 2), (17, 1)):
        files[f"lossy_{width}x{height}"] = encode(lib, noise(2, width, height), quality=95)
    files["alpha_lossless"] = encode(lib, with_alpha(small), quality=50)
    files["alpha_few_levels"] = encode(lib, with_alpha(small), quality=50, alpha_quality=10, alpha_filtering=2)
    disc = Image.radial_gradient("L").resize(small.size).point(lambda a: 255 * (a > 90))
    files["alpha_two_levels"] = encode(lib, with_alpha(small, disc), quality=50)
    files["alpha_raw"] = encode(lib, with_alpha(small), quality=50, alpha_compression=0)
    lossy = image_chunks(files["alpha_raw"])[b"VP8 "]
    differences = random.Random(3).randbytes(small.width * small.height)
    for number, name in enumerate(("horizontal", "vertical", "gradient"), 1):
        files[f"alpha_{name}"] = riff(vp8x(0x10, *small.size), chunk(b"ALPH", bytes([number << 2]) + differences), chunk(b"VP8 ", lossy))
    files["alpha_without_flag"] = riff(vp8x(0, *small.size), chunk(b"ALPH", b"\0" + differences), chunk(b"VP8 ", lossy))
    files["lossless"] = encode(lib, wide, lossless=1, quality=100, method=6)
    files["lossless_fast"] = encode(lib, small, lossless=1, quality=0, method=0)
    files["lossless_drawing"] = encode(lib, drawing(120, 70), lossless=1, quality=75, method=4)
    files["lossless_noise"] = encode(lib, noise(4, 19, 23), lossless=1)
    files["lossless_alpha"] = encode(lib, with_alpha(small), lossless=1, exact=1)
    files["lossless_1x1"] = encode(lib, noise(5, 1, 1), lossless=1)
    files["lossless_1x40"] = encode(lib, noise(5, 1, 40).quantize(7).convert("RGB"), lossless=1)
    files["lossless_flat"] = encode(lib, Image.new("RGB", (300, 200), (10, 200, 30)), lossless=1)
    for colors in (2, 4, 16, 17, 256):
        files[f"lossless_{colors}_colours"] = encode(lib, wide.quantize(colors).convert("RGB"), lossless=1, quality=90)
    files["near_lossless"] = encode(lib, small, lossless=1, near_lossless=20)
    anim = chunk(b"ANIM", bytes((1, 2, 3, 255)) + b"\0\0")
    first, second = encode(lib, small, quality=70), encode(lib, with_alpha(small), lossless=1)
    third = encode(lib, with_alpha(small), quality=70)
    files["animated_offset"] = riff(vp8x(0x02, 60, 40), anim, frame(6, 10, small, first), frame(0, 0, small, second))
    files["animated_alpha_offset"] = riff(vp8x(0x12, 60, 40), anim, frame(26, 18, small, third), frame(0, 0, small, first, how=3))
    files["animated_opaque_frame"] = riff(vp8x(0x12, 60, 40), anim, frame(2, 0, small, first, how=1), frame(0, 0, small, second))
    files["animated_lossless"] = riff(vp8x(0x12, *small.size), anim, frame(0, 0, small, second, how=2))
    empty = chunk(b"ANMF", b"\0" * 16 + chunk(b"none", b"\1"))
    files["animated_empty_frame"] = riff(vp8x(0x02, 60, 40), anim, empty, frame(6, 10, small, first))
    exif = Image.Exif()
    exif[0x0112] = 6
    files["turned"] = riff(
        vp8x(0x2c, *small.size), chunk(b"ICCP", b"ignored"), chunk(b"VP8 ", image_chunks(first)[b"VP8 "]), chunk(b"EXIF", exif.tobytes()),
        chunk(b"XMP ", b"<x/>"))
    for name, data in files.items():
        path = os.path.join(directory, name + ".webp")
        with open(path, "wb") as out:
            out.write(data)
        Image.open(path).save(os.path.join(directory, name + ".png"), optimize=True, exif=b"", icc_profile=None)
    upright = ImageOps.exif_transpose(Image.open(os.path.join(directory, "turned.webp")))
    upright.save(os.path.join(directory, "turned.upright.png"), optimize=True, exif=b"", icc_profile=None)


if __name__ == "__main__":
    main(sys.argv[1])
