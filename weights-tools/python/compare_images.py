"""Prints for every image of folders what Pillow makes of it, for FormatGoldenTest to compare with clip4j:

python compare_images.py FOLDER… > /tmp/table.tsv     # needs Pillow 12.3
mvn -pl clip-image -am test -Dtest=FormatGoldenTest -Dsurefire.failIfNoSpecifiedTests=false -Dclip.images=/tmp/table.tsv

A line is a path, the size, and CRC-32 sums of the pixels as RGB, after openai/CLIP's preparation to 224 x 224, and after RGB first and the
same preparation; or a path and `refused`. Files that are not images for Pillow are left out when no reader knows them.
"""

import sys
import warnings
import zlib
from pathlib import Path

from PIL import Image, UnidentifiedImageError

SIZE = 224


def crc(image):
    return format(zlib.crc32(image.convert("RGB").tobytes()), "08x")


def prepared(image):
    width, height = image.size
    size = (SIZE, int(SIZE * height / width)) if width <= height else (int(SIZE * width / height), SIZE)
    image = image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)
    left, top = round((size[0] - SIZE) / 2), round((size[1] - SIZE) / 2)
    return image.crop((left, top, left + SIZE, top + SIZE))


def main(folders):
    warnings.simplefilter("ignore")
    for file in sorted(file for folder in folders for file in Path(folder).rglob("*") if file.is_file()):
        try:
            image = Image.open(file)
            image.load()
            print(file, "%dx%d" % image.size, crc(image), crc(prepared(image)), crc(prepared(image.convert("RGB"))), sep="\t")
        except UnidentifiedImageError:
            continue
        except Exception:
            print(file, "refused", sep="\t")


main(sys.argv[1:])
