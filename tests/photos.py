"""Photos for tests, made byte by byte where no writer makes such a one."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image as PillowImage

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (20, 40, 210)


def scene(height=24, width=36):
    """Three flat parts, so that lossy formats keep their colours."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, width // 2 :] = BLUE
    return pixels


def encoded(pixels, kind, mode=None, **options):
    image = PillowImage.fromarray(pixels)
    stream = BytesIO()
    if mode:
        image = image.quantize(8) if mode == "P" else image.convert(mode)
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_file(*chunks):
    body = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        body += struct.pack(">I", len(data)) + kind.encode() + data
        body += struct.pack(">I", zlib.crc32(kind.encode() + data))
    return body


def with_chunk(kind, data, checksum=None):
    """The scene as PNG with a chunk more, of a right checksum unless another is given."""
    png = encoded(scene(), "PNG")
    sum_ = zlib.crc32(kind + data) if checksum is None else checksum
    return png[:33] + struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum_) + png[33:]


def bare_tiff(pixels, *tags, order="<"):
    """A TIFF of one strip, 4 x 2, with tags (number, values) of 16 bits; for kinds that no writer makes."""
    tags = dict([(256, (4,)), (257, (2,)), (259, (1,)), (273, (8,)), (278, (2,)), (279, (len(pixels),)), *tags])
    ahead = 8 + len(pixels)
    after, entries = ahead + 2 + 12 * len(tags) + 4, b""
    further = b""
    for number, values in sorted(tags.items()):
        content = struct.pack(f"{order}{len(values)}H", *values)
        if len(content) > 4:
            further, content = further + content, struct.pack(order + "I", after + len(further))
        entries += struct.pack(order + "HHI", number, 3, len(values)) + content.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", ahead)
    return head + pixels + struct.pack(order + "H", len(tags)) + entries + bytes(4) + further


def tiff_tags(bits, photometric, bands=1, **further):
    numbers = {"planes": 284, "fill": 266, "ink": 332, "page": 254, "packing": 259, "palette": 320, "kind": 339}
    return (
        (258, (bits,) * bands), (262, (photometric,)), (277, (bands,)),
        *((numbers[name], value if isinstance(value, tuple) else (value,)) for name, value in further.items()),
    )  # fmt: skip
