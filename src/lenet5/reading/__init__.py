"""A picture becomes digits: picture → ink → pieces → 28×28 → network → reading, one step a file.

layout     digit, line or page; lines             pieces     where a line may be cut
grid       cells                                  graph      which cuts and digits fit best
rules      printed lines                          answers    penalties as probabilities
glyph      the one digit of a picture             fields     what there is to answer
reader     all of it, one after the other         readings   what is answered

What becomes of a picture before: `lenet5.pictures`. How the networks learned to read: `lenet5.reading.school`.
"""

from lenet5.reading.answers import Calibration
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Character, Reading

__all__ = ["Calibration", "Character", "Reader", "Reading"]
