"""A picture becomes digits: picture → ink → pieces → 28×28 → network → reading, one step a file.

layout     digit, line or page; lines             lines      a line as a field to answer
grid       cells that rules close off             pieces     where a line may be cut
lattice    a grid as a whole                      graph      which cuts and digits fit best
strips     rows of boxes                          answers    penalties as probabilities
uprights   sides of the boxes of a row            fields     what there is to answer
cells      the ink of each cell                   rows       rows of cells to answer
boxes      grids and boxes, read row by row       readings   what is answered
rules      printed lines                          place      where a part lies in the picture
glyph      the one digit of a picture             shown      the steps and the answer as pictures
amid       one digit among others                 sliding    a line without cuts
words      what may be words or numbers           choice     which layout explains the ink best
reader     all of it, one after the other

What becomes of a picture before: `lenet5.pictures`. How the networks learned to read: `lenet5.reading.school`.
"""

from lenet5.reading.answers import Calibration
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Character, Reading

__all__ = ["Calibration", "Character", "Reader", "Reading"]
