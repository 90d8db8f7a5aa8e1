"""A picture becomes digits: picture → ink → pieces → 28×28 → network → reading, one step a file.

layout     digit, line or page; lines             pieces     where a line may be cut
grid       cells                                  graph      which cuts and digits fit best
rules      printed lines                          answers    penalties as probabilities
boxes      cells as rows to answer                fields     what there is to answer
glyph      the one digit of a picture             readings   what is answered
place      where a part lies in the picture       shown      the steps and the answer as pictures
amid       the one digit among others            sliding    a line without cuts
reader     all of it, one after the other

What becomes of a picture before: `lenet5.pictures`. How the networks learned to read: `lenet5.reading.school`.
"""

from lenet5.reading.answers import Calibration
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Character, Reading

__all__ = ["Calibration", "Character", "Reader", "Reading"]
