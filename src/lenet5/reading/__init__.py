"""A picture becomes digits: picture → ink → pieces → 28×28 → network → reading, one step a file.

layout     digit, line or page; lines             lines      a line as a field to answer
choice     which layout explains the ink          pieces     where a line may be cut
words      what may be words or numbers           loops      noughts in a chain
enclosures lines drawn around writing             graph      which cuts and digits fit best
rules      printed lines                          signs      what stands beside a number
grid       cells that rules close off             stature    how high characters stand on a line
lattice    a grid as a whole                      alphabet   which characters may be answered
strips     rows of boxes                          answers    penalties as probabilities
uprights   sides of the boxes of a row            fields     what there is to answer
cells      the ink of each cell                   rows       rows of cells to answer
boxes      grids and boxes, read row by row       readings   what is answered
glyph      the one digit of a picture             place      where a part lies in the picture
amid       one digit among others                 shown      the steps and the answer as pictures
solid      marks that were filled in              sliding    a line without cuts
reader     all of it, one after the other

What becomes of a picture before: `lenet5.pictures`. How the networks learned to read: `lenet5.reading.school`.
"""

from lenet5.reading.answers import Calibration
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Character, Reading

__all__ = ["Calibration", "Character", "Reader", "Reading"]
