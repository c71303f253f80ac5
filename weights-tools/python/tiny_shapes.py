"""The shapes and glyphs of the tiny world as signed distances, so that an edge is smooth at every size and angle.

A shape is drawn on [-1, 1] x [-1, 1], y downwards. `TEXTURES[i]` holds its signed distance (negative inside) on a grid over [-EXTENT, EXTENT].
"""
import math

import numpy as np

EXTENT, GRID = 1.3, 104
SHAPES = ["circle", "square", "triangle", "star", "heart", "ring", "cross", "crescent", "arrow", "hexagon", "diamond", "pentagon", "oval",
          "rectangle", "semicircle", "teardrop", "bolt", "flower"]
GLYPHS = list("abcdefghijklmnopqrstuvwxyz0123456789")

# 5 x 7 cells; zero is slashed and one has a foot, so that no two look alike
FONT = dict(zip(GLYPHS, """
01110 10001 10001 11111 10001 10001 10001|11110 10001 10001 11110 10001 10001 11110|01111 10000 10000 10000 10000 10000 01111
11110 10001 10001 10001 10001 10001 11110|11111 10000 10000 11110 10000 10000 11111|11111 10000 10000 11110 10000 10000 10000
01111 10000 10000 10011 10001 10001 01111|10001 10001 10001 11111 10001 10001 10001|11111 00100 00100 00100 00100 00100 11111
00111 00010 00010 00010 00010 10010 01100|10001 10010 10100 11000 10100 10010 10001|10000 10000 10000 10000 10000 10000 11111
10001 11011 10101 10101 10001 10001 10001|10001 11001 11001 10101 10011 10011 10001|01110 10001 10001 10001 10001 10001 01110
11110 10001 10001 11110 10000 10000 10000|01110 10001 10001 10001 10101 10010 01101|11110 10001 10001 11110 10100 10010 10001
01111 10000 10000 01110 00001 00001 11110|11111 00100 00100 00100 00100 00100 00100|10001 10001 10001 10001 10001 10001 01110
10001 10001 10001 10001 10001 01010 00100|10001 10001 10001 10101 10101 11011 10001|10001 10001 01010 00100 01010 10001 10001
10001 10001 01010 00100 00100 00100 00100|11111 00001 00010 00100 01000 10000 11111
01110 10011 10011 10101 11001 11001 01110|00100 01100 10100 00100 00100 00100 01110|01110 10001 00001 00110 01000 10000 11111
11110 00001 00001 01110 00001 00001 11110|00010 00110 01010 10010 11111 00010 00010|11111 10000 11110 00001 00001 10001 01110
00110 01000 10000 11110 10001 10001 01110|11111 00001 00010 00010 00100 00100 00100|01110 10001 10001 01110 10001 10001 01110
01110 10001 10001 01111 00001 00010 01100
""".strip().replace("\n", "|").split("|")))


def regular(n, start=-90.0, radius=1.0, squash=(1.0, 1.0)):
    angles = np.radians(start + 360.0 * np.arange(n) / n)
    return np.stack([radius * squash[0] * np.cos(angles), radius * squash[1] * np.sin(angles)], 1)


def arc(centre, radius, begin, end, n=48):
    angles = np.radians(np.linspace(begin, end, n))
    return np.stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)], 1)


def contours(name):
    """The closed polygons of a shape; where they overlap, inside becomes outside."""
    if name == "circle":
        return [regular(72, radius=0.92)]
    if name == "square":
        return [regular(4, -45, 1.16)]
    if name == "triangle":
        return [regular(3, radius=1.12)]
    if name == "star":
        points = regular(10, radius=1.1)
        points[1::2] *= 0.42
        return [points]
    if name == "heart":
        t = np.linspace(0, 2 * math.pi, 72, endpoint=False)
        x, y = 16 * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
        return [np.stack([x / 16.5, -(y + 2.5) / 15], 1)]
    if name == "ring":
        return [regular(72, radius=1.0), regular(72, radius=0.5)]
    if name == "cross":
        a, b = 0.34, 1.0
        return [np.array([(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)])]
    if name == "crescent":
        outer, inner = arc((0, 0), 1.05, 48, 312), arc((0.55, 0), 0.80, 284, 76)
        return [np.concatenate([outer, inner])]
    if name == "arrow":
        return [np.array([(-1.05, -0.28), (0.1, -0.28), (0.1, -0.85), (1.1, 0), (0.1, 0.85), (0.1, 0.28), (-1.05, 0.28)])]
    if name == "hexagon":
        return [regular(6, 0, 1.05)]
    if name == "diamond":
        return [regular(4, squash=(0.68, 1.15))]
    if name == "pentagon":
        return [regular(5, radius=1.08)]
    if name == "oval":
        return [regular(72, squash=(1.15, 0.62))]
    if name == "rectangle":
        return [np.array([(-1.12, -0.52), (1.12, -0.52), (1.12, 0.52), (-1.12, 0.52)])]
    if name == "semicircle":
        return [arc((0, 0.45), 1.08, 180, 360)]
    if name == "teardrop":
        return [np.concatenate([arc((0, 0.35), 0.72, -25, 205), [(0, -1.2)]])]
    if name == "bolt":
        return [np.array([(0.25, -1.15), (-0.7, 0.2), (-0.1, 0.2), (-0.3, 1.15), (0.7, -0.3), (0.08, -0.3)])]
    if name == "flower":
        t = np.linspace(0, 2 * math.pi, 120, endpoint=False)
        r = 0.76 + 0.32 * np.cos(5 * t)
        return [np.stack([r * np.sin(t), -r * np.cos(t)], 1)]
    raise ValueError("no shape is called " + name)


def polygon_distance(x, y, polygons):
    nearest, inside = np.full(x.shape, np.inf), np.zeros(x.shape, bool)
    for points in polygons:
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, 0)):
            dx, dy = bx - ax, by - ay
            t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
            nearest = np.minimum(nearest, np.hypot(x - ax - t * dx, y - ay - t * dy))
            if ay != by:
                inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) / (by - ay) * dx)
    return np.where(inside, -nearest, nearest)


def glyph_distance(x, y, rows):
    distance, cell = np.full(x.shape, np.inf), 2.2 / 7
    for i, row in enumerate(rows):
        for j, bit in enumerate(row):
            if bit == "1":
                px, py = np.abs(x - (j - 2) * cell) - cell * 0.54, np.abs(y - (i - 3) * cell) - cell * 0.54
                outside = np.hypot(np.maximum(px, 0), np.maximum(py, 0))
                distance = np.minimum(distance, outside + np.minimum(np.maximum(px, py), 0))
    return distance


def textures():
    axis = (np.arange(GRID) + 0.5) / GRID * 2 * EXTENT - EXTENT
    x, y = np.meshgrid(axis, axis)
    shapes = [polygon_distance(x, y, contours(name)) for name in SHAPES]
    glyphs = [glyph_distance(x, y, FONT[g].split()) for g in GLYPHS]
    return np.stack(shapes + glyphs).astype(np.float32)


TEXTURES = textures()
