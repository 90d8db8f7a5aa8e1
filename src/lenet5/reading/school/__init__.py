"""How the reader's networks are taught, calibrated and measured. Reading needs nothing of this.

lessons         all that is shown to the networks         teach          networks from lessons, calibrated
doodles         drawings that are no digit                 costs          what a path of the graph costs
framed          digits between neighbours and rules        evaluate       the reader on labelled pictures
composed_lines  lines of digits, drawn for these           displacement   the same network slid over a line
hand            one's own hand, taught                     corrections    samples of what was corrected
"""
