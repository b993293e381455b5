"""Pictures: colour is counted where a pixel has it."""

import numpy as np

from xaiframe.precaution.profiles.image import coloured


def test_only_pictures_with_a_coloured_pixel_count():
    x = np.ones((5, 3, 4, 4))
    x[2, 0, 1, 1] = 0.0
    x[4] = 0.3

    assert coloured(x) == 1
