"""Makes small pictures of several kinds and what Pillow's part of the reference implementations makes of them at 30 pixels:

    python3 make_image_goldens.py ../../clip-image/src/test/resources/images     (needs Pillow alone)

NAME is the picture; NAME.expected.png is it resized and cropped as Hugging Face does: RGB first, bicubic to the shorter edge, centre crop rounded
down; NAME.openai.png as openai/CLIP does: resized and cropped as it is, the crop rounded to even, then RGB. NAME.upright.png is the picture turned
by its EXIF orientation.
"""
import math
import os
import sys

from PIL import Image, ImageOps

SIZE = 30


def picture(width, height):
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            ring = 127 + 120 * math.sin(((x - width / 3) ** 2 + (y - height / 2) ** 2) / 90)
            image.putpixel((x, y), (int(ring), 255 * x // width, (x * y * 7) % 256))
    return image


def expected(image, huggingface):
    image = image.convert("RGB") if huggingface else image
    width, height = image.size
    short, long = min(width, height), max(width, height)
    scaled = int(SIZE * long / short)
    size = (SIZE, scaled) if width <= height else (scaled, SIZE)
    image = image.resize(size, Image.BICUBIC)
    left, top = ((s - SIZE) // 2 if huggingface else round((s - SIZE) / 2) for s in size)
    return image.crop((left, top, left + SIZE, top + SIZE)).convert("RGB")


def main(directory):
    os.makedirs(directory, exist_ok=True)
    base = picture(97, 61)
    alpha = Image.linear_gradient("L").resize(base.size)
    pictures = {
        "rgb": base, "tall": picture(41, 130), "tiny": picture(7, 5), "exact": picture(30, 30), "grey": base.convert("L"),
        "palette": base.quantize(20), "bilevel": base.convert("1"),
        "rgba": Image.merge("RGBA", (*base.split(), alpha)), "grey_alpha": Image.merge("LA", (base.convert("L"), alpha)),
    }
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {name + ".png": image for name, image in pictures.items()}
    files |= {"turned.jpg": picture(40, 70), "cmyk.jpg": base.convert("CMYK"), "grey.bmp": pictures["grey"], "palette.bmp": pictures["palette"],
              "bilevel.pbm": pictures["bilevel"], "colours.ppm": base, "palette.gif": pictures["palette"], "icon.ico": pictures["rgba"].resize((32, 32)),
              "rgba.tif": pictures["rgba"], "bilevel.tif": pictures["bilevel"]}
    for name, image in files.items():
        path = os.path.join(directory, name)
        image.save(path, **({"exif": exif} if name == "turned.jpg" else {"optimize": True} if name.endswith(".png") else {}))
        image = Image.open(path)
        expected(image, True).save(path + ".expected.png", optimize=True)
        expected(image, False).save(path + ".openai.png", optimize=True)
    ImageOps.exif_transpose(Image.open(os.path.join(directory, "turned.jpg"))).save(os.path.join(directory, "turned.jpg.upright.png"), optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
