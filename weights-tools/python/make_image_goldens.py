"""Makes small pictures of several kinds and what Pillow's part of Hugging Face's preprocessing makes of them at 30 pixels:

    python3 make_image_goldens.py ../../clip-vit/src/test/resources/images     (needs Pillow alone)

NAME.png is the picture, NAME.expected.png the resized and cropped one: RGB first, bicubic to the shorter edge, centre crop rounded down.
"""
import math
import os
import sys

from PIL import Image

SIZE = 30


def picture(width, height):
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            ring = 127 + 120 * math.sin(((x - width / 3) ** 2 + (y - height / 2) ** 2) / 90)
            image.putpixel((x, y), (int(ring), 255 * x // width, (x * y * 7) % 256))
    return image


def expected(image):
    image = image.convert("RGB")
    width, height = image.size
    short, long = min(width, height), max(width, height)
    scaled = int(SIZE * long / short)
    size = (SIZE, scaled) if width <= height else (scaled, SIZE)
    image = image.resize(size, Image.BICUBIC)
    left, top = (size[0] - SIZE) // 2, (size[1] - SIZE) // 2
    return image.crop((left, top, left + SIZE, top + SIZE))


def main(directory):
    os.makedirs(directory, exist_ok=True)
    base = picture(97, 61)
    alpha = Image.linear_gradient("L").resize(base.size)
    pictures = {
        "rgb": base, "tall": picture(41, 130), "tiny": picture(7, 5), "exact": picture(30, 30), "grey": base.convert("L"),
        "palette": base.quantize(20), "bilevel": base.convert("1"),
        "rgba": Image.merge("RGBA", (*base.split(), alpha)), "grey_alpha": Image.merge("LA", (base.convert("L"), alpha)),
    }
    for name, image in pictures.items():
        image.save(os.path.join(directory, name + ".png"), optimize=True)
        expected(image).save(os.path.join(directory, name + ".expected.png"), optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
